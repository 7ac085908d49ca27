// Checks shorthop's entry in a list of milters (postconf(5) smtpd_milters) as Postfix would read it, for `check` and
// `setup`. No I/O.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postfix/milter_list.h"
#include "postfix/postfix_facts.h"
#include "settings/settings.h"

namespace shorthop::tool {

/// The list of an smtpd(8) or of a client.
struct NamedMilterList {
  std::string where;           ///< "smtpd_milters", "smtpd_milters of smtp/inet in master.cf"
  std::string text;            ///< the value, with $names expanded
  bool is_of_main_cf = false;  ///< smtpd_milters of main.cf, the only list that setup changes
};

struct MilterFault {
  std::string_view code;       ///< one of finding_rows(); "milter-missing" if shorthop is not in the list
  std::string_view parameter;  ///< the faulty parameter of main.cf; empty: the list itself
  std::string what;
  std::string fix;
};

/// All reasons why Postfix would not use shorthop, or why using it is dangerous; empty if the list is correct.
std::vector<MilterFault> milter_faults(const NamedMilterList& list, const PostfixFacts& postfix,
                                       const Settings& settings);

/// The fault of a list whose entry a chrooted smtpd(8) cannot reach; nullopt if the smtpd(8) can, or is not chrooted.
std::optional<MilterFault> chroot_fault(const MasterService& service, const PostfixFacts& postfix,
                                        const Settings& settings);

/// The version of the milter protocol that Postfix uses for shorthop, if it is older than 6.
std::optional<int> old_milter_protocol(const NamedMilterList& list, const PostfixFacts& postfix,
                                       const Settings& settings);

/// "{ unix:shorthop/milter.sock, default_action=accept }"
std::string milter_entry(const Settings& settings, std::string_view queue_directory);

/// The function that tells whether an entry of smtpd_milters leads to shorthop's socket.
std::function<bool(const MilterEntry&)> leads_to_shorthop(const Settings& settings, std::string_view queue_directory);

/// Whether this smtpd(8) asks shorthop about its mail.
bool asks_shorthop(const MasterService& smtpd, const PostfixFacts& postfix, const Settings& settings);

/// Whether this smtpd(8) takes mail back from a content filter or a before-queue filter.
bool is_behind_filter(const MasterService& smtpd, const PostfixFacts& postfix);

/// Whether an smtpd(8) behind a filter asks shorthop. Behind a before-queue filter, milters can change the envelope.
bool is_asked_behind_filter(const PostfixFacts& postfix, const Settings& settings);

/// Other milters in any list of this Postfix that contains shorthop, without duplicates. `main_list`: its
/// smtpd_milters.
std::vector<std::string> milters_beside(const PostfixFacts& postfix, const Settings& settings,
                                        std::string_view main_list, const MilterMaps& maps);

}  // namespace shorthop::tool
