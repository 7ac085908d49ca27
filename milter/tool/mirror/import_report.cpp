#include "tool/mirror/import_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/ascii.h"
#include "text/json.h"
#include "text/utc_time.h"

namespace shorthop::tool {
namespace {

constexpr std::size_t max_left_out = 20;

std::string answer_text(const std::string& answer) { return answer.empty() ? "nothing" : excerpt(answer); }

std::string tables_text(const Changes& changes) {
  if (changes.tables.empty()) return "tables      as before\n";
  std::string text;
  for (const TableChange& change : changes.tables) {
    text += fmt::format("table       {}: {} added, {} removed, {} changed\n", printable(change.table, 200),
                        change.added, change.removed, change.changed);
  }
  return text;
}

std::string recipients_text(const Changes& changes) {
  std::string text = fmt::format(
      "recipients  {}{} followed, {} would be rewritten; from keep to rewrite {}, from rewrite to keep {}, changed "
      "otherwise {}\n",
      changes.is_partial ? "only " : "", changes.recipients, changes.rewritten, changes.keep_to_rewrite,
      changes.rewrite_to_keep, changes.otherwise);
  for (const RecipientChange& change : changes.examples) {
    text += fmt::format("            {}: {} (before: {})\n", printable(change.recipient), printable(change.now),
                        printable(change.before));
  }
  const std::size_t all = changes.keep_to_rewrite + changes.rewrite_to_keep + changes.otherwise;
  if (all > changes.examples.size()) text += fmt::format("            and {} more\n", all - changes.examples.size());
  return text;
}

std::string left_out_text(const Manifest& manifest) {
  std::string text;
  for (std::size_t at = 0; at < std::min(max_left_out, manifest.left_out.size()); ++at) {
    text += fmt::format("left out    {}\n", printable(manifest.left_out[at], 300));
  }
  if (manifest.left_out.size() > max_left_out) {
    text += fmt::format("left out    and {} more\n", manifest.left_out.size() - max_left_out);
  }
  return text;
}

}  // namespace

std::string different_answers_text(const ComparedAnswers& answers) {
  std::string text;
  for (const DifferentAnswer& answer : answers.first_different) {
    text += fmt::format("different   {}: {}: the primary answers {}, shorthop {}{}\n", printable(answer.table, 200),
                        excerpt(answer.key), answer_text(answer.at_primary), answer_text(answer.here),
                        answer.is_live ? " (asked now)" : "");
  }
  if (answers.different > answers.first_different.size()) {
    text += fmt::format("different   and {} more\n", answers.different - answers.first_different.size());
  }
  return text;
}

std::string report_text(const ImportReport& report) {
  std::string text = fmt::format("bundle      {} of {}, by {}\n", utc_time_text(*report.manifest.time),
                                 printable(report.manifest.host), printable(report.manifest.program));
  text += tables_text(report.changes) + recipients_text(report.changes) + left_out_text(report.manifest);
  text += fmt::format("answers     {} agree with the primary's own, {} differ, {} are unknown here\n",
                      report.answers.equal, report.answers.different, report.answers.unknown_here);
  text += different_answers_text(report.answers);
  if (report.warnings > 0) text += fmt::format("warnings    {}: `shorthop check` lists them\n", report.warnings);
  text += report.now.empty() ? std::string("in force    as before: nothing was changed\n")
                             : fmt::format("in force    {}, before: {}\n", report.now,
                                           report.before.empty() ? "nothing imported" : report.before);
  return text;
}

std::string report_json(const ImportReport& report) {
  const Changes& changes = report.changes;
  JsonObject json;
  json.text("relay", report.relay)
      .text("host", report.manifest.host)
      .text("time", utc_time_text(*report.manifest.time));
  json.text("before", report.before).text("in_force", report.now);
  json.objects("tables", changes.tables, [](JsonObject& object, const TableChange& change) {
    object.text("table", change.table).number("added", change.added).number("removed", change.removed);
    object.number("changed", change.changed);
  });
  json.number("recipients", changes.recipients).number("rewritten", changes.rewritten);
  json.number("keep_to_rewrite", changes.keep_to_rewrite).number("rewrite_to_keep", changes.rewrite_to_keep);
  json.number("otherwise", changes.otherwise).boolean("all_followed", !changes.is_partial);
  json.objects("changes", changes.examples, [](JsonObject& object, const RecipientChange& change) {
    object.text("recipient", change.recipient).text("before", change.before).text("now", change.now);
  });
  json.texts("left_out", report.manifest.left_out);
  json.number("answers_equal", report.answers.equal).number("answers_different", report.answers.different);
  json.number("answers_unknown", report.answers.unknown_here);
  json.objects("different", report.answers.first_different, [](JsonObject& object, const DifferentAnswer& answer) {
    object.text("table", answer.table)
        .text("key", answer.key)
        .text("primary", answer.at_primary)
        .text("here", answer.here);
  });
  return json.number("warnings", report.warnings).str() + "\n";
}

}  // namespace shorthop::tool
