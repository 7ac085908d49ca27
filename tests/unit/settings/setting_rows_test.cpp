// Settings as rows, compared with the shipped files of config/.
#include "settings/setting_rows.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "settings/settings_file.h"
#include "support/catch.h"
#include "support/settings_directory.h"
#include "text/ascii.h"

namespace shorthop::test {
namespace {

std::string shipped(const std::string& name) {
  std::ifstream file(std::filesystem::path(SHORTHOP_SOURCE_DIR) / "config" / name);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// "name = value" from the lines that begin with '#' and a setting's name.
std::map<std::string, std::string> commented_settings(const std::string& text, Section section) {
  std::map<std::string, std::string> result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    if (!line.starts_with('#') || line.starts_with("# ") || equals == line.npos) continue;
    const std::string name(trimmed(std::string_view(line).substr(1, equals - 1)));
    INFO(line);
    CHECK(find_setting(name, section) != nullptr);
    CHECK(result.emplace(name, trimmed(std::string_view(line).substr(equals + 1))).second);
  }
  return result;
}

void check_shipped_file(const std::string& name, Section section) {
  const std::string text = shipped(name);
  Diagnostics problems;
  std::set<std::string> set;
  for (const Assignment& assignment : read_assignments(text, name, problems)) set.insert(assignment.key);
  CHECK(text_of(problems).empty());
  const auto commented = commented_settings(text, section);
  for (const SettingRow& row : setting_rows()) {
    if (!belongs_to(row, section)) continue;
    INFO(name << ": " << row.name);
    const auto found = commented.find(std::string(row.name));
    CHECK((found != commented.end()) != set.contains(std::string(row.name)));
    if (found != commented.end()) CHECK(found->second == row.default_value);
  }
}

}  // namespace

TEST_CASE("config/shorthop.conf shows every setting of the main file with its default", "[settings][rows]") {
  check_shipped_file("shorthop.conf", Section::main);
}

TEST_CASE("config/relay.d's example shows every setting of a relay file, and is not read as a relay file",
          "[settings][rows]") {
  check_shipped_file("relay.d/example.org.conf.example", Section::relay);
  const auto directory = std::filesystem::path(SHORTHOP_SOURCE_DIR) / "config/relay.d";
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    CHECK(entry.path().extension() != ".conf");
  }
}

TEST_CASE("rows are complete, and names are unique in each kind of file", "[settings][rows]") {
  for (const Section file : {Section::main, Section::relay}) {
    std::set<std::string_view> names;
    for (const SettingRow& row : setting_rows()) {
      if (belongs_to(row, file)) CHECK(names.insert(row.name).second);
      INFO(row.name);
      CHECK(row.meaning.ends_with('.'));
      CHECK(!row.unit.empty());
    }
  }
}

TEST_CASE("\"did you mean\" finds the nearest setting for the kind of file", "[settings][rows]") {
  CHECK(nearest_setting("soket", Section::main) == "socket");
  CHECK(nearest_setting("Socket-Mode", Section::main) == "socket-mode");
  CHECK(nearest_setting("virtual_alias_maps", Section::relay) == "virtual-alias-maps");
  CHECK(nearest_setting("alias-map", Section::relay) == "alias-maps");
  CHECK(nearest_setting("domain", Section::relay) == "domains");
  CHECK(nearest_setting("local-recipient", Section::main) == "local-recipients");
  CHECK(nearest_setting("include-rot", Section::main).empty());
  CHECK(nearest_setting("frobnicate", Section::main).empty());
  CHECK(nearest_setting("", Section::main).empty());
  CHECK(nearest_setting(std::string(1'000'000, 'm'), Section::main).empty());
}

}  // namespace shorthop::test
