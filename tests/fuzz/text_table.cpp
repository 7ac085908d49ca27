// Parses any bytes as a text table, and as an inline: and a static: table. The result is errors with their lines, or a
// table that finds each of its keys. The first line of the input is a key.
#include "tables/text/text_table.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "mail/international.h"
#include "tables/types.h"
#include "tables/types/backends.h"

namespace {

using shorthop::TextFormat;

bool is_of_sendmail(TextFormat format) {
  return format == TextFormat::sendmail_aliases || format == TextFormat::virtusertable;
}

/// A look-up may find the key or not. It may fail in a table of Sendmail (a duplicate key), and in one of Postfix only
/// for a line that cannot be read.
void must_answer(const shorthop::Table& table, std::string_view key, TextFormat format, std::size_t lines) {
  const auto found = table.find(shorthop::folded_utf8(key));
  must(found.has_value() || is_of_sendmail(format) || found.error().kind == shorthop::FailureKind::bad_data,
       "in a text table of Postfix a look-up fails only for a line that cannot be read");
  if (found && *found) must((*found)->line >= 1 && (*found)->line <= lines, "an entry has its line");
}

void must_find_each_key(const shorthop::Table& table, TextFormat format, std::size_t lines) {
  std::size_t keys = 0;
  table.each_entry([&](std::string_view key, std::string_view, std::uint32_t line) {
    ++keys;
    must(line >= 1 && line <= lines, "a key has its line");
    must_answer(table, key, format, lines);
    const auto found = table.find(shorthop::folded_utf8(key));
    must(!found || *found, "each key is found again");
  });
  must(table.entries() <= keys, "each entry has its key");
}

void try_format(std::string_view key, std::string_view text, TextFormat format) {
  const std::size_t lines = lines_in(text);
  shorthop::Diagnostics problems;
  const auto table = shorthop::text_table("text:/x", "/x", std::string(text), format, problems);
  must((table == nullptr) == shorthop::has_error(problems), "there is a table or an error");
  must_be_well_formed(problems, lines);
  must(problems.empty() || problems.front().origin.line >= 1, "the first problem has its line");
  if (!table) return;
  must(table->entries().value_or(0) <= lines, "each entry has a line of its own");
  must_answer(*table, key, format, lines);
  must_find_each_key(*table, format, lines);
}

void must_be_whole(const std::shared_ptr<const shorthop::Table>& table, const shorthop::Diagnostics& problems) {
  must((table == nullptr) == shorthop::has_error(problems), "there is a table or an error");
  must_be_well_formed(problems, 0);
}

std::shared_ptr<const shorthop::Table> open_type(std::string type, std::string_view text,
                                                 shorthop::Diagnostics& problems) {
  static shorthop::Backends backends;
  const shorthop::SystemFiles files;
  const auto* row = shorthop::find_table_type(type);
  return row->open({.table = {std::move(type), std::string(text)},
                    .file = {},
                    .changed = {},
                    .text_format = TextFormat::virtual5,
                    .files = files,
                    .backends = backends,
                    .problems = problems});
}

void try_inline(std::string_view key, std::string_view text) {
  shorthop::Diagnostics problems;
  const auto table = open_type("inline", text, problems);
  must_be_whole(table, problems);
  if (!table) return;
  must(table->find(key).has_value(), "a look-up in an inline table never fails");
  table->each_entry([&](std::string_view listed, std::string_view, std::uint32_t) {
    const auto found = table->find(listed);
    must(found && *found, "each key is found again");
  });
}

void try_static(std::string_view key, std::string_view text) {
  shorthop::Diagnostics problems;
  const auto table = open_type("static", text, problems);
  must_be_whole(table, problems);
  if (!table) return;
  const auto found = table->find(key);
  must(found && *found, "a static table has every key");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  Input input(data, size);
  const std::string_view key = input.line();
  for (const auto format : {TextFormat::aliases5, TextFormat::virtual5, TextFormat::first_word,
                            TextFormat::sendmail_aliases, TextFormat::virtusertable}) {
    try_format(key, input.rest(), format);
  }
  try_inline(key, input.rest());
  try_static(key, input.rest());
  return 0;
}
