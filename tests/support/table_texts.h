// Helpers for tests of tables: tables from text, files in a map, random texts.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "support/catch.h"
#include "support/map_files.h"
#include "tables/open.h"
#include "tables/text/target.h"
#include "tables/text/text_table.h"
#include "tables/types/backends.h"
#include "text/ascii.h"

namespace shorthop::test {

/// A text table and its diagnostics.
struct Loaded {
  std::shared_ptr<const Table> table;
  Diagnostics problems;

  explicit Loaded(std::string text, TextFormat format = TextFormat::virtual5) {
    table = text_table("text:/t", "/t", std::move(text), format, problems);
  }

  /// The value and its line, "ann@example.com :3"; "absent"; "failed: ..."; "no table".
  std::string answer(std::string_view key) const {
    if (!table) return "no table";
    const Lookup found = table->find(key);
    if (!found) return "failed: " + found.error().text();
    if (!*found) return "absent";
    return (*found)->value + " :" + std::to_string((*found)->line);
  }

  /// All diagnostics, one per line.
  std::string said() const {
    std::string text;
    for (const Diagnostic& problem : problems) text += problem.text() + "\n";
    return text;
  }
};

/// A table of one file: "cidr", "regexp" and the like, and its first diagnostic.
class FileTable {
 public:
  FileTable(const std::string& type, const std::string& text) {
    const MapFiles files(std::map<std::string, std::string>{{"/t", text}});
    Backends backends;
    table_ = open_table(type + ":/t", files, backends, problems_);
  }
  /// The value and its line, "ann@example.com :3"; "absent"; "failed: ...".
  std::string find(std::string_view key) const {
    const Lookup found = table_->find({key, key});
    if (!found) return "failed: " + found.error().text();
    return *found ? (*found)->value + " :" + std::to_string((*found)->line) : "absent";
  }
  std::string said() const { return problems_.empty() ? "" : problems_.front().text(); }
  const Table& table() const { return *table_; }

 private:
  Diagnostics problems_;
  std::shared_ptr<const Table> table_;
};

/// Targets as "kind text", separated by bars: "address ann@example.com | command \"|vacation ann\"".
inline std::string shown(const std::vector<Target>& targets) {
  constexpr const char* kinds[] = {"address", "command", "file", "include", "mailbox", "unreadable"};
  std::string text;
  for (const Target& target : targets) {
    if (!text.empty()) text += " | ";
    text += std::string(kinds[target.index()]) + ' ' + text_of(target);
  }
  return text;
}

/// Random text from a set of characters; reproducible by its seed.
class RandomText {
 public:
  explicit RandomText(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }
  std::string of(std::string_view characters, std::size_t longest) {
    std::string text(below(longest + 1), '\0');
    for (char& c : text) c = characters[below(characters.size())];
    return text;
  }
  std::string bytes(std::size_t longest) {
    std::string text(below(longest + 1), '\0');
    for (char& c : text) c = static_cast<char>(below(256));
    return text;
  }

 private:
  std::mt19937 random_;
};

}  // namespace shorthop::test
