// Reads case files (tests/cases/README.md) and writes the settings and tables of a case to a directory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace shorthop::test {

struct Expectation {
  std::string rcpt;                     ///< the argument of RCPT TO
  std::vector<std::string> parameters;  ///< NOTIFY=..., ORCPT=...
  std::string decision;                 ///< "rewrite" or "keep"
  std::string reason;
  std::vector<std::string> to;
  std::size_t line = 0;
};

struct NamedText {
  std::string name;
  std::string text;
};

struct Case {
  std::string file;
  std::string title;
  std::string profile = "postfix";
  std::string virtual_table;
  std::string aliases;
  std::vector<NamedText> forwards;
  std::vector<NamedText> includes;
  std::string users = "user\nann\nbob\ncarl\n";
  std::string postconf;
  bool has_mirror = false;        ///< the relay has a mirror in place of single tables
  std::vector<NamedText> mirror;  ///< further files of the mirror, or lines to append to the files of every mirror
  std::vector<std::string> settings;
  std::set<std::string> unset;  ///< usual settings, and usual files of the mirror, that this case lacks
  bool aged = false;            ///< the tables were last changed an hour ago
  bool from_primary = false;    ///< the client is the primary
  std::string mailer;           ///< {rcpt_mailer}; empty: as for a relayed recipient
  std::string next_hop;         ///< {rcpt_host}
  std::vector<Expectation> expectations;
};

inline constexpr const char* primary_address = "192.0.2.1";

/// All cases of a file; throws std::runtime_error with file and line if the format is wrong.
std::vector<Case> read_cases(const std::filesystem::path& file);

/// All *.case files of the project, sorted by name.
std::vector<std::filesystem::path> case_files();

/// Writes shorthop.conf, relay.d/ and the tables below `directory`; returns the path of shorthop.conf. `mode` is the
/// relay's mode, `main_settings` further lines of the main file.
std::filesystem::path lay_out(const Case& a_case, const std::filesystem::path& directory, const std::string& mode,
                              const std::string& main_settings = {});

}  // namespace shorthop::test
