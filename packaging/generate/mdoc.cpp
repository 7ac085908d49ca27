#include "mdoc.h"

#include <cctype>
#include <regex>
#include <sstream>
#include <vector>

namespace shorthop::generate {
namespace {

/// Escapes roff's backslash. A hyphen becomes a minus sign, because it may be copied into a shell.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  return result;
}

/// Whether the text is punctuation that may follow a macro's arguments: mdoc sets it in the font of the text.
bool is_punctuation(std::string_view text) { return text.find_first_not_of(".,;:)!?") == std::string_view::npos; }

bool ends_sentence(std::string_view word) {
  while (word.ends_with(')') || word.ends_with('"')) word.remove_suffix(1);
  return word.ends_with('.') || word.ends_with('?') || word.ends_with('!');
}

/// Gathers words into lines of text and macros.
class Lines {
 public:
  void word(std::string_view word) {
    if (line_.size() + word.size() > 78) end_line();
    // A control character at the beginning of a line would make it a macro.
    if (line_.empty() && (word.starts_with('.') || word.starts_with('\''))) line_ = "\\&";
    if (!line_.empty() && line_ != "\\&") line_ += ' ';
    line_ += word;
    if (ends_sentence(word)) end_line();
  }

  void macro(std::string_view line, std::string_view punctuation) {
    end_line();
    text_ += line;
    for (const char c : punctuation) (text_ += ' ') += c;
    text_ += '\n';
  }

  std::string end() {
    end_line();
    return text_;
  }

 private:
  void end_line() {
    if (!line_.empty()) text_ += line_ + "\n";
    line_.clear();
  }

  std::string text_;
  std::string line_;
};

/// The words of a text. Code in backquotes is one word, with the punctuation that touches it.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool is_code = false;
  for (const char c : text) {
    if (c == '`') is_code = !is_code;
    if (!is_code && std::isspace(static_cast<unsigned char>(c)) != 0) {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += c;
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

}  // namespace

std::string literal(std::string_view text) { return escaped(text); }

std::string argument(std::string_view text) {
  std::string result = "\"\\&";
  for (const char c : escaped(text)) result += c == '"' ? "\"\"" : std::string(1, c);
  return result + "\"";
}

std::string prose(std::string_view text) {
  static const std::regex page(R"(([a-z][\w.-]*)\(([1-8])\)(.*))");
  static const std::regex code(R"(([^`]*)`([^`]*)`(.*))");
  Lines lines;
  for (const std::string& word : words_of(text)) {
    std::smatch part;
    if (std::regex_match(word, part, page) && is_punctuation(part.str(3))) {
      lines.macro(".Xr " + part.str(1) + " " + part.str(2), part.str(3));
    } else if (std::regex_match(word, part, code) && part.str(1).empty() && is_punctuation(part.str(3))) {
      lines.macro(".Ql " + argument(part.str(2)), part.str(3));
    } else {
      lines.word(escaped(word));
    }
  }
  return lines.end();
}

std::string paragraphs(std::string_view text) {
  std::istringstream lines{std::string(text)};
  std::string result;
  std::string gathered;
  std::string shown;  // lines that are shown as they are written
  const auto flush = [&] {
    if (!shown.empty()) result += ".Bd -literal -offset indent\n" + shown + ".Ed\n";
    if (!gathered.empty()) result += (result.empty() ? "" : ".Pp\n") + prose(gathered);
    shown.clear();
    gathered.clear();
  };
  for (std::string line; std::getline(lines, line);) {
    const bool is_literal = line.starts_with(' ') || line.starts_with('\t');
    if (line.empty() || is_literal == shown.empty()) flush();
    if (is_literal) {
      shown += "\\&" + escaped(line.substr(line.find_first_not_of(" \t"))) + "\n";
    } else if (!line.empty()) {
      gathered += line + "\n";
    }
  }
  flush();
  return result;
}

}  // namespace shorthop::generate
