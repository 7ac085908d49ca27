// The transports of master.cf whose programs matter for the route of mail. No I/O.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "postfix/master_services.h"
#include "postfix/service_values.h"

namespace shorthop {

bool is_smtp_client(const MasterService& service);
/// Whether it is smtp(8), also under its name lmtp.
bool is_client(const MasterService& service);
/// The services of default_transport and relay_transport; other transports have their own names.
bool is_default_smtp(const MasterService& service);
bool is_local(const MasterService& service);

/// Names a transport smtp, relay or local that runs another program than in Postfix's default master.cf; nullopt: there
/// is none.
std::optional<std::string> transport_of_other_program(const std::vector<MasterService>& services);

/// The names of all transports that send mail as the transport smtp does: by smtp(8) with the same settings.
std::set<std::string, std::less<>> smtp_transports(const std::vector<MasterService>& services,
                                                   const ServiceValues& values);

/// The names of the transports that do not send mail to the SMTP port of another host: they run another program than
/// smtp(8), or have another smtp_tcp_port.
std::set<std::string, std::less<>> other_transports(const std::vector<MasterService>& services,
                                                    const Parameters& main_cf);

}  // namespace shorthop
