// What shorthop setup would change on this host: files to write, and the one edit of main.cf. Pure: the host's facts
// come as data, and the plan is data; setup_facts.h gathers, setup_apply.h acts.
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

namespace shorthop::tool {

struct SetupFacts {
  Settings settings;
  std::string relay_directory;             ///< relay.d beside the main file
  std::vector<std::string> present_files;  ///< names in it
  PostfixFacts postfix;
  std::string main_cf_path;  ///< symbolic links followed
  std::string main_cf;
  RelayDomains relay_domains;
  std::map<std::string, std::expected<PrimaryFound, std::string>, std::less<>> primaries;  ///< by relay domain
  std::map<std::string, std::vector<std::string>, std::less<>> copies;  ///< of tables that are there, by relay domain
};

struct NewFile {
  std::string path;
  std::string text;
  std::string why;
  std::string next;  ///< what is left to the postmaster
};

struct TextEdit {
  std::string path;
  std::string before;
  std::string after;
};

/// What could not be planned, and what the postmaster can do about it.
struct Obstacle {
  std::string what;
  std::string fix;
};

/// What only the postmaster knows; nothing waits for it.
struct Question {
  std::string what;
  std::string answer;  ///< how to give it: the line to write
};

struct SetupPlan {
  std::vector<NewFile> files;
  std::optional<TextEdit> main_cf;  ///< absent: nothing to change, or an obstacle says why not
  std::vector<std::string> remarks;
  std::vector<Obstacle> obstacles;
  std::vector<Question> questions;

  bool is_empty() const { return files.empty() && !main_cf; }
};

/// Where the copies of the primaries' tables lie, a directory for each domain.
inline constexpr std::string_view data_directory = "/var/lib/shorthop";

SetupPlan plan_setup(const SetupFacts& facts);

/// main.cf with shorthop as the last milter, and nowhere else in the list.
std::string with_shorthop(std::string_view main_cf, const Settings& settings, std::string_view queue_directory);

/// main.cf without shorthop. `backup` is what it was before setup; if nothing else was changed since, that is the
/// result, to the byte.
std::string without_shorthop(std::string_view main_cf, const std::optional<std::string>& backup,
                             const Settings& settings, std::string_view queue_directory);

/// The lines that differ, "- old" and "+ new", indented by two.
std::string difference(std::string_view before, std::string_view after);

}  // namespace shorthop::tool
