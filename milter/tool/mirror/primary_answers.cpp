#include "tool/mirror/primary_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <ranges>
#include <system_error>

#include "mail/international.h"
#include "system/file_reader.h"
#include "system/system_error.h"
#include "tables/types.h"
#include "text/ascii.h"
#include "text/lines.h"

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t max_shown = 1000;
constexpr std::chrono::seconds time_for_live_tables{60};

/// The words of a value, with one space between them: formats differ in blanks, line ends and commas.
std::string words_of(std::string_view value) {
  constexpr std::string_view separators = " \t\r\n,";
  std::string words;
  while (!value.empty()) {
    const std::size_t begin = std::min(value.find_first_not_of(separators), value.size());
    value.remove_prefix(begin);
    const std::string_view word = value.substr(0, value.find_first_of(separators));
    if (!words.empty() && !word.empty()) words += ' ';
    words += word;
    value.remove_prefix(word.size());
  }
  return words;
}

bool is_live_table(std::string_view name) {
  const TableType* type = type_of_table(name);
  return type == nullptr || type->is_live;
}

class AnswerComparison {
 public:
  explicit AnswerComparison(const LoadedRelay& data) : data_(data), deadline_(Clock::now() + time_for_live_tables) {}

  void add_file(const std::string& table_name, const std::string& text) {
    const auto named = data_.tables.find(table_name);
    if (named == data_.tables.end()) return;
    const bool is_live = is_live_table(table_name) && !named->second->entries();
    for (const std::string_view line : lines_of(text)) add_line(*named->second, table_name, line, is_live);
  }
  ComparedAnswers take() && {
    // The differences for which the import is refused come first.
    const std::size_t room = max_shown - result_.first_different.size();
    std::ranges::move(first_live_ | std::views::take(room), std::back_inserter(result_.first_different));
    return std::move(result_);
  }
  void fail(std::string why) { result_.fault = std::move(why); }

 private:
  /// "KEY TAB VALUE" of a key that the primary has, "KEY" of one that it lacks.
  void add_line(const Table& table, const std::string& table_name, std::string_view line, bool is_live) {
    const std::size_t tab = line.find('\t');
    const std::string_view key = line.substr(0, tab);
    if (key.empty()) return;
    const Lookup found = table.find({key, folded_utf8(key)}, deadline_);
    if (!found) {
      ++result_.unknown_here;
      return;
    }
    const bool is_there = tab != line.npos;
    const std::string at_primary = is_there ? words_of(line.substr(tab + 1)) : std::string();
    const std::string here = *found ? words_of((*found)->value) : std::string();
    if (is_there == found->has_value() && at_primary == here) {
      ++result_.equal;
      return;
    }
    ++result_.different;
    if (!is_live) ++result_.different_of_fixed;
    std::vector<DifferentAnswer>& first = is_live ? first_live_ : result_.first_different;
    if (first.size() < max_shown) first.push_back({table_name, std::string(key), at_primary, here, is_live});
  }

  const LoadedRelay& data_;
  Deadline deadline_;
  ComparedAnswers result_;                   // its first_different: of fixed tables until take()
  std::vector<DifferentAnswer> first_live_;  // at most max_shown
};

}  // namespace

ComparedAnswers compare_answers(const fs::path& directory, const LoadedRelay& data) {
  const SystemFiles files;
  const fs::path answers = directory / "answers";
  AnswerComparison comparison(data);
  std::error_code error;
  if (!fs::exists(answers, error)) return std::move(comparison).take();
  for (fs::recursive_directory_iterator entry(answers, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->is_directory()) continue;
    const auto text = files.read(entry->path());
    const std::string table = entry->path().lexically_relative(answers).native();
    if (text) {
      comparison.add_file(table, *text);
    } else {
      comparison.fail(fmt::format("answers/{}: {}", printable(table, 200), text.error().what));
    }
  }
  if (error) comparison.fail("answers/: " + error_text(error.value()));
  return std::move(comparison).take();
}

}  // namespace shorthop::tool
