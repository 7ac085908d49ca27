// Plans the changes of shorthop setup: files to write, and the one edit of main.cf. No I/O: facts and plan are data;
// setup_facts.h gathers the facts, setup.cpp and setup_undo.cpp carry out the plan.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "postfix/postfix_facts.h"
#include "postfix/relay_domains.h"
#include "settings/settings.h"
#include "tool/doctor/milter_faults.h"
#include "tool/setup/find_primary.h"
#include "tool/setup/panels.h"

namespace shorthop::tool {

struct SetupFacts {
  Settings settings;
  std::string relay_directory;             ///< relay.d in the directory of the main file
  std::vector<std::string> present_files;  ///< names in it
  PostfixFacts postfix;
  std::string main_cf_path;  ///< symbolic links followed
  std::string main_cf;
  RelayDomains relay_domains;
  MilterMaps milter_maps;
  std::map<std::string, std::expected<PrimaryFound, std::string>, std::less<>> primaries;  ///< by relay domain
  const Panel* panel = nullptr;  ///< the panel that runs the primaries; null: none was named
};

struct NewFile {
  std::string path;
  std::string text;
  std::string why;
  std::string next;  ///< the next steps for the postmaster
};

struct TextEdit {
  std::string path;
  std::string before;
  std::string after;
};

/// A change that cannot be planned, and how to resolve that.
struct Obstacle {
  std::string what;
  std::string fix;
};

/// A question that only the postmaster can answer; it does not block the plan.
struct Question {
  std::string what;
  std::string answer;  ///< how to answer: the line to write
};

struct SetupPlan {
  std::vector<NewFile> files;
  std::optional<TextEdit> main_cf;  ///< absent: no change is needed, or an obstacle prevents it
  std::vector<std::string> remarks;
  std::vector<Obstacle> obstacles;
  std::vector<Question> questions;

  bool is_empty() const { return files.empty() && !main_cf; }
};

/// Where the primaries' tables are copied to, one directory for each domain.
inline constexpr std::string_view data_directory = "/var/lib/shorthop";

SetupPlan plan_setup(const SetupFacts& facts);

/// main.cf with shorthop as the last milter and no other entry for it in the list.
std::string with_shorthop(std::string_view main_cf, const Settings& settings, std::string_view queue_directory);

/// main.cf without shorthop. `backup` is the file before setup; if nothing else changed since, it is the result, byte
/// for byte. A backup in which smtpd_milters has the entry of setup was made later, and is not used.
std::string without_shorthop(std::string_view main_cf, const std::optional<std::string>& backup,
                             const Settings& settings, std::string_view queue_directory);

/// A diff of the lines, "- old" and "+ new", indented by two.
std::string difference(std::string_view before, std::string_view after);

}  // namespace shorthop::tool
