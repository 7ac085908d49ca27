// The services of master.cf (master(5)), from the output of `postconf -M` or from the file itself. No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postfix/parameters.h"

namespace shorthop {

struct MasterService {
  std::string name;      ///< "smtp", "25", "127.0.0.1:10025"
  std::string type;      ///< "inet", "unix", "pass" …
  std::string chroot;    ///< "y", "n" or "-": the default
  std::string command;   ///< "smtpd"
  Parameters overrides;  ///< from "-o name=value"

  /// "smtp/inet", the name of a service in postconf(1).
  std::string postconf_name() const { return name + "/" + type; }
  std::optional<std::string> override_of(std::string_view parameter) const;
};

/// Lines that are not services are skipped.
std::vector<MasterService> parse_master_services(std::string_view text);

/// Sets parameters of these services from lines of `postconf -P`, "smtp/inet/name = value"; other lines are skipped.
void set_service_parameters(std::vector<MasterService>& services, std::string_view text);

/// Whether the service listens on the SMTP port, by name or number, and not only on loopback; it runs smtpd(8) or
/// postscreen(8).
bool is_smtp_listener(const MasterService& service);
/// Whether the name of the service has an address ("192.0.2.1:smtp"). Then inet_interfaces does not apply to it.
bool has_own_address(const MasterService& service);

/// Whether the service accepts mail from other hosts: it is an smtpd(8) on the SMTP port, by name or number, or behind
/// postscreen(8). It is not on a submission port or on loopback.
bool is_public_smtpd(const MasterService& service);
/// As is_public_smtpd(), if only the name of the service is known, as `postconf -P` writes it ("smtp/inet"): true if
/// the service is public in case it is an smtpd(8).
bool may_be_public_smtpd(std::string_view service);

/// Whether the service is for mail of users (ports 465 and 587).
bool is_submission(const MasterService& service);
/// Whether the service is an smtpd(8) that takes mail only from programs of the same host. An example is the smtpd(8)
/// to which a content filter returns mail.
bool is_private_smtpd(const MasterService& service);

/// Whether the processes of the service are chrooted to $queue_directory. "-" means yes before Postfix 3.0, and with a
/// compatibility_level of 0.
bool is_chrooted(const MasterService& service, bool chrooted_by_default);

}  // namespace shorthop
