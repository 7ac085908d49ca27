// What the SMTP restrictions of a Postfix (postconf(5) smtpd_recipient_restrictions) say about recipients: the tables
// after check_recipient_access, who is refused without an entry in a table, and whether unlisted recipients are
// refused. No I/O.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "postfix/parameters.h"
#include "tables/access.h"

namespace shorthop {

struct RecipientChecks {
  /// The tables that are asked about a recipient, each once: those after check_recipient_access, and those that stand
  /// alone in a list for recipients or relaying.
  std::vector<std::string> tables;
  /// Each bare reject, defer and defer_if_permit that mail from other hosts may reach. Two kinds are left out. The
  /// first kind is behind permit_auth_destination or permit_mx_backup. The second kind is behind permit_mynetworks or
  /// another permit for clients, in a list that asks nothing about recipients or senders. Such a list would refuse all
  /// mail of a client that it does not permit, so it must permit the other host.
  std::vector<AccessRefusal> refusals;
  /// smtpd_data_restrictions or smtpd_end_of_data_restrictions may ask a table about the recipient. smtpd(8) does so
  /// only for a message with a single recipient (smtpd/smtpd_check.c: smtpd_check_data).
  bool asks_lone_recipients = false;
  /// A bare defer_if_reject: smtpd(8) may only defer what a later restriction rejects.
  bool defers_rejections = false;
  /// Classes, for example for greylisting, that have only policy services and the restrictions permit, permit_... and
  /// reject_..., none of them about the sender. In a list, these do not keep a recipient (differences.h compares them),
  /// so an entry that names such a class does not keep it either.
  std::set<std::string, std::less<>> ignorable_classes;
  /// Other classes, whose names look like restrictions that ignorable_lists() allows.
  std::set<std::string, std::less<>> misleading_classes;

  /// Tests whether a list in an entry has only ignorable classes, and restrictions that permit or that reject
  /// undeliverable addresses ("example.org reject_unverified_recipient").
  ListTest ignorable_lists() const;
  bool operator==(const RecipientChecks&) const = default;
};

/// From the restriction lists of main.cf and of the services in master.cf, and from restriction classes. Refusals come
/// only from main.cf and from services on the SMTP port. An entry of an access table may name any class, so each class
/// is also read by itself. There, a refusal counts only behind a table of recipients.
RecipientChecks recipient_checks(const Parameters& parameters);

/// The tables after check_sender_access in the restriction lists of main.cf and of services on the SMTP port, and in
/// restriction classes; each once.
std::vector<std::string> sender_access_tables(const Parameters& parameters);

/// Whether one of these lists or classes has a restriction that refuses unlisted recipients.
bool has_unlisted_restriction(const Parameters& parameters);

/// Whether these lists or classes have reject_multi_recipient_bounce: what smtpd(8) does with mail from the null sender
/// depends on how many recipients the message has. A restriction that only warns counts too.
bool refuses_shared_bounces(const Parameters& parameters);

}  // namespace shorthop
