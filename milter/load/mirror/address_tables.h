// Finds in the parameters of a Postfix primary which tables it asks about an address or a sender, and which settings
// make it impossible to follow its mail.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/mirror/parameter_values.h"
#include "load/mirror/primary_files.h"
#include "postfix/mail_path.h"
#include "postfix/master_services.h"
#include "primary/primary.h"

namespace shorthop {

/// The tables of a `*_maps` parameter. If its value cannot be expanded, one table that fails every look-up.
TableList tables_of(std::string_view parameter, const ParameterValues& values, PrimaryFiles& files);

AddressTables address_tables(const ParameterValues& values, const MailPath& path, PrimaryFiles& files);
/// Only the tables that smtpd(8) asks about a recipient.
AddressTables smtpd_tables(const ParameterValues& values, const MailPath& path, PrimaryFiles& files);
SenderTables sender_tables(const ParameterValues& values, const MailPath& path, PrimaryFiles& files);

/// The content filter of a primary whose master.cf is not known: content_filter, or tables of header_checks(5) or
/// access(5) that may have FILTER. Addresses may be mapped before it and behind it. nullopt: main.cf names none of
/// these.
std::optional<FilterPass> filter_without_master(const ParameterValues& values);

/// Whether this Postfix takes mail from other hosts: postconf(5) inet_interfaces and master_service_disable. One of
/// several instances (MULTI_INSTANCE_README) might take none. `services`: absent if master.cf is not known.
bool takes_mail(const ParameterValues& values, const std::optional<std::vector<MasterService>>& services);

/// The classes of addresses that cannot be followed because of the primary's transports. `rules` says which transports
/// run smtp(8).
NotFollowed transports_not_followed(const ParameterValues& values, const PrimaryRules& rules);

}  // namespace shorthop
