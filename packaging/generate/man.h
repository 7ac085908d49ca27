// Manual pages from templates in mdoc(7): a line "@WORD [ARGUMENT]@" is replaced by text from the program's own rows
// (settings, options, reasons and so on).
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace shorthop::generate {

/// The words that fill a template, beside the program's own rows.
struct PageFacts {
  std::string version;
  std::string date;        ///< as .Dd takes it: "November 22, 2026"
  std::string subcommand;  ///< the subject of the page; empty: none
};

/// The page, or a sentence that says which line of the template is wrong.
///
/// On a line of their own: `@options shorthopd|common|own@`, `@exits shorthopd|own@`, `@settings main|relay@`,
/// `@differences harming|noted@`, `@reasons@`, `@subcommands@`, `@tables@`, `@synopsis@`, `@details@`, `@see-also@`
/// (own: of the page's subcommand).
/// Anywhere in a line: `@DATE@`, `@VERSION@`, `@NAME@`, `@TITLE@`, `@MEANING@`.
std::expected<std::string, std::string> page(std::string_view page_template, const PageFacts& facts);

}  // namespace shorthop::generate
