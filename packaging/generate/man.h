// Manual pages: a template in mdoc(7), whose lines "@WORD [ARGUMENT]@" are replaced by the program's own rows.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace shorthop::generate {

/// What a template is filled with, beside the rows of the program.
struct PageFacts {
  std::string version;
  std::string date;        ///< as .Dd takes it: "November 22, 2026"
  std::string subcommand;  ///< the subject of the page; empty: none
};

/// The page, or a sentence that says which line of the template is wrong.
///
/// A line of its own: `@options shorthopd|common|own@`, `@exits shorthopd|shorthop|own@`, `@settings main|relay@`,
/// `@differences harming|noted@`, `@reasons@`, `@subcommands@`, `@tables@`, `@synopsis@`, `@details@`, `@see-also@`
/// (own: of the page's subcommand).
/// Anywhere in a line: `@DATE@`, `@VERSION@`, `@NAME@`, `@TITLE@`, `@MEANING@`.
std::expected<std::string, std::string> page(std::string_view page_template, const PageFacts& facts);

}  // namespace shorthop::generate
