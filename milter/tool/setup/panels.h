// Panels that run primaries: where the tables of each are, how they are listed, and what its stock settings do to mail.
// Rows of data; `shorthop setup --primary-is NAME` writes them into the relay file. No I/O.
// The pages in packaging/doc/panels/ describe them, and tests/panels tries each with a server of its kind.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace shorthop::tool {

/// How a panel's table files log in to their database: the parameters that `table-parameters` may replace.
enum class PanelLogin { none, sql, ldap };

/// A difference of postfix/inbound/differences.h that the panel's stock settings show, and when it may be accepted.
struct PanelDifference {
  std::string_view name;
  std::string_view when;
};

struct Panel {
  std::string_view name;          ///< for --primary-is
  std::string_view title;         ///< the name in texts
  std::string_view tables;        ///< where its tables or their files are on the primary
  std::string_view listing = {};  ///< options of shorthop-export that list them; empty: it needs none
  std::string_view shell = {};    ///< the command for a shell in the container of its Postfix; empty: no container
  PanelLogin login = PanelLogin::none;
  std::span<const std::string_view> servers = {};  ///< names of the database server in the table files
  std::string_view database_port = {};             ///< the port of its server for other hosts; empty: the usual one
  std::string_view database_path = {};             ///< the directory of its database files
  std::span<const PanelDifference> differences = {};
};

/// Every panel, in the order of the documents.
std::span<const Panel> panels();

/// The panel of that name, or null. Case, spaces and hyphens are ignored: "Mail-in-a-Box", "ISPConfig".
const Panel* find_panel(std::string_view name);

/// The name that was probably meant; empty: none is near.
std::string_view nearest_panel(std::string_view name);

/// Lines of the relay file: how this host reaches the panel's database, and which differences may be accepted.
std::string panel_settings(const Panel& panel, std::string_view primary, std::string_view domain);

/// The commands that fill the mirror, one per line, run here by a user who may log in on the primary by ssh.
/// `importer` is the command that reads the bundle.
std::string panel_export_commands(const Panel& panel, std::string_view primary, std::string_view importer);

}  // namespace shorthop::tool
