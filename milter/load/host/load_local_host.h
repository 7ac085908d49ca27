// Builds the LocalHost from explicit settings. This host's Postfix is asked for what they leave out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "load/host/client_access.h"
#include "load/mx_rank.h"
#include "load/table_opener.h"
#include "postfix/inbound/inbound_mail.h"
#include "postfix/milter_list.h"
#include "postfix/postconf.h"
#include "primary/local_host.h"
#include "primary/primary.h"
#include "settings/settings.h"
#include "system/file_reader.h"
#include "text/diagnostic.h"

namespace shorthop {

struct LoadedHost {
  std::shared_ptr<const LocalHost> host;  ///< null after an error
  std::vector<std::string> domains;       ///< its local domains that are known by name, folded
  bool has_other_domains = true;          ///< more local domains may be in tables
  OwnNames own;
  std::vector<std::shared_ptr<const Table>> live_tables{};  ///< the live tables that it uses
  InboundMail inbound;                                      ///< what its Postfix does to mail from other hosts
  ClientTables client_tables{};                             ///< tables that act on mail which comes back
  std::vector<std::string> other_milters;                   ///< milters in one list with shorthopd, as written there
};

/// Warns of relay domains that are local here: their mail never reaches the primary, so its tables are not used.
void report_local_relay_domains(const RelaySettings& settings, const LocalHost& host, Diagnostics& diagnostics);

/// myhostname, and the IP addresses in inet_interfaces and proxy_interfaces. The addresses of this host's network
/// interfaces are not among them.
OwnNames own_names_of(const Parameters& parameters);

/// Reads the tables of this host's smtpd_milter_maps.
MilterMaps milter_maps_of(const Parameters& parameters, TableOpener& opener);

/// Asks Postfix if local-domains or local-recipients is not set. A failure is then an error, or a warning if there is
/// no relay. If both are set and main.cf exists, Postfix is asked too, because its aliases apply. A failure is then a
/// warning. If this host has no Postfix, its sendmail.cf is read.
LoadedHost load_local_host(const Settings& settings, const FileReader& files, const Postconf& postconf,
                           TableOpener& opener, Diagnostics& problems, Diagnostics& warnings);

}  // namespace shorthop
