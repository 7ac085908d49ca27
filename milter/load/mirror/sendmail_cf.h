// The text of a sendmail.cf: its macros, classes, maps, options, mailers and rules. Not here: what they mean for
// recipients (primary_sendmail.h). No I/O. Source: Sendmail Installation and Operation Guide, 5 ("The whole scoop on
// the configuration file").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/by_name.h"

namespace shorthop {

/// An F line: a file, program or map with the words of a class.
struct ClassFile {
  std::string source;   ///< "/path", "|program", or "key@type:map"; without -o (optional)
  std::string pattern;  ///< the scanf(3) pattern for its lines; empty: the first word
};

/// The words of C lines, and the files of F lines.
struct CfClass {
  std::vector<std::string> words;
  std::vector<ClassFile> files;
};

/// A K line, or an item of the option AliasFile.
struct CfMap {
  std::string type;
  std::vector<std::string> flags;  ///< "-o", "-T<TMPF>"
  std::string file;                ///< the text after the flags
};

/// An R line, made by m4 or written by hand.
struct CfRule {
  std::string ruleset;
  std::string pattern;
  std::string result;
  std::uint32_t line = 0;
};

/// An M line.
struct CfMailer {
  std::string flags;      ///< F=
  std::string path;       ///< P=
  std::string arguments;  ///< A=
};

/// Names of macros, classes and rulesets have no braces. A later line adds to an earlier one or replaces it, as in
/// Sendmail.
struct SendmailCf {
  ByName<std::string> macros;
  ByName<CfClass> classes;
  ByName<CfMap> maps;
  /// The options that decide about recipients, by their names in lower case; several lines of AliasFile are joined by
  /// commas.
  ByName<std::string> options;
  /// An abbreviated name that Sendmail may take for an option that decides about recipients; empty: there is none.
  std::string abbreviated_option;
  ByName<CfMailer> mailers;
  std::vector<CfRule> rules;
  /// H lines that pass a header field to a ruleset: "HSubject: $>CheckSubject".
  std::vector<std::string> header_checks;

  /// A macro or an option; empty if it is not set.
  std::string_view macro(std::string_view name) const;
  std::string_view option(std::string_view name) const;
  /// The value of a boolean option; `otherwise` if it is not set.
  bool is_on(std::string_view name, bool otherwise) const;
  const CfMap* map(std::string_view name) const;
};

/// Reads any text; lines of other kinds (headers, priorities, filters) are skipped.
SendmailCf parse_sendmail_cf(std::string_view text);

/// The tables in a value of the option AliasFile: "type:file" or a file of the type "implicit", separated by commas
/// outside of double quotes.
std::vector<CfMap> parse_alias_files(std::string_view value);

/// The words of a class file, as its pattern says: the first of each line, or with "%[^#]" all before a '#'. False for
/// any other pattern.
bool append_class_words(std::string_view text, std::string_view pattern, std::vector<std::string>& words);

}  // namespace shorthop
