#include "settings/settings_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "settings/setting_rows.h"
#include "text/ascii.h"
#include "text/lines.h"

namespace shorthop {
namespace {

/// The line without its comment. A '#' inside a word stays: it may be part of a path.
std::string_view without_comment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '#' && (i == 0 || is_space(line[i - 1]))) return line.substr(0, i);
  }
  return line;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

bool is_any_setting(std::string_view name) {
  return find_setting(name, Section::main) != nullptr || find_setting(name, Section::relay) != nullptr;
}

std::string_view before_equals(std::string_view line) { return trimmed(line.substr(0, line.find('='))); }

class AssignmentParser {
 public:
  AssignmentParser(std::string_view file, Diagnostics& problems) : file_(file), problems_(problems) {}

  std::vector<Assignment> read(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    for (const std::string_view line : lines_of(text)) {
      ++line_;
      take(line);
    }
    return std::move(assignments_);
  }

 private:
  void take(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (std::ranges::any_of(line, is_control)) return problem("a control character", "write plain text");
    const std::string_view content = trimmed(without_comment(line));
    if (content.empty()) return;  // as in main.cf, a blank or comment line does not end the assignment around it
    if (is_space(line.front())) return take_continuation(content);
    open_ = nullptr;
    skipping_ = true;  // continuation lines belong to this problem, until the next valid assignment
    if (content.front() == '[') {
      return problem(fmt::format("\"{}\": settings files have no sections", printable(content, 40)),
                     "write a file in relay.d for each primary instead");
    }
    if (!content.contains('=')) {
      return problem(fmt::format("expected '=' in \"{}\"", printable(content, 80)),
                     "write KEY = VALUE; a line that continues another starts with white space");
    }
    assign(content);
  }

  void assign(std::string_view content) {
    const std::string_view key = before_equals(content);
    if (key.empty()) return problem("expected a setting's name before '='", "write KEY = VALUE");
    const auto [first, is_new] = first_line_.emplace(key, line_);
    if (!is_new) {
      return problem(fmt::format("{} is set twice, first in line {}", printable(key, 80), first->second),
                     "to continue a long value, start the line with white space");
    }
    assignments_.push_back({std::string(key), std::string(trimmed(content.substr(content.find('=') + 1))), line_});
    open_ = &assignments_.back();
    skipping_ = false;
  }

  void take_continuation(std::string_view content) {
    if (content.contains('=') && is_any_setting(before_equals(content))) {
      return problem(
          fmt::format("{} follows white space, so this line continues the previous one", before_equals(content)),
          "begin a setting in the first column");
    }
    if (open_ != nullptr) {
      if (!open_->value.empty()) open_->value += ' ';
      open_->value += content;
    } else if (!skipping_) {
      problem(fmt::format("\"{}\" follows white space, but there is no setting to continue", printable(content, 80)),
              "begin a setting in the first column");
    }
  }

  void problem(std::string what, std::string fix) {
    problems_.push_back(
        {{std::string(file_), line_}, std::move(what), std::move(fix), Severity::error, ErrorClass::settings});
  }

  std::string_view file_;
  Diagnostics& problems_;
  std::uint32_t line_ = 0;
  std::vector<Assignment> assignments_;
  std::map<std::string, std::uint32_t, std::less<>> first_line_;
  Assignment* open_ = nullptr;  ///< the target of continuation lines; renewed after each growth of the vector
  bool skipping_ = false;
};

}  // namespace

std::vector<Assignment> read_assignments(std::string_view text, std::string_view file, Diagnostics& problems) {
  return AssignmentParser(file, problems).read(text);
}

}  // namespace shorthop
