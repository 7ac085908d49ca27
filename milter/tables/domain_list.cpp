#include "tables/domain_list.h"

#include <utility>

#include "text/items.h"
#include "text/lines.h"

namespace shorthop {
namespace {

using Kind = DomainPattern::Kind;

// shorthop's own limits: list files may name list files, even themselves.
constexpr int max_file_depth = 10;
constexpr int max_files = 100;

/// util/match_ops.h: an item with a colon is a table, unless it begins like an address literal.
bool is_table(std::string_view item) { return !item.starts_with('[') && item.contains(':'); }

class DomainListReader {
 public:
  explicit DomainListReader(const FileReader& files) : files_(files) {}

  void add_list(std::string_view text, bool is_excluded, const std::string& from, int depth) {
    for (const std::string& written : list_items(text)) {
      if (written.starts_with('#')) return;  // a comment: Postfix ignores the rest of the line too
      std::string_view item = written;
      bool is_item_excluded = is_excluded;
      for (; item.starts_with('!'); item.remove_prefix(1)) is_item_excluded = !is_item_excluded;
      if (item.starts_with('/')) {
        add_file(std::string(item), is_item_excluded, from, depth);
      } else if (is_table(item)) {
        patterns_.push_back({Kind::table, is_item_excluded, std::string(item), from, {}});
      } else if (!item.empty()) {
        patterns_.push_back({Kind::name, is_item_excluded, std::string(item), from, {}});
      }
    }
  }

  std::vector<DomainPattern> take() && { return std::move(patterns_); }

 private:
  void add_file(const std::string& path, bool is_excluded, const std::string& from, int depth) {
    const auto fail = [&](std::string why) {
      patterns_.push_back({Kind::unreadable_file, is_excluded, path, from, std::move(why)});
    };
    if (depth >= max_file_depth) return fail("list files are nested too deep");
    if (++files_read_ > max_files) return fail("the list has too many files");
    const auto text = files_.read(path);
    if (!text) return fail(text.error().what);
    for (const std::string_view line : lines_of(*text))
      if (!line.starts_with('#')) add_list(line, is_excluded, path, depth + 1);
  }

  const FileReader& files_;
  int files_read_ = 0;
  std::vector<DomainPattern> patterns_;
};

}  // namespace

std::vector<DomainPattern> domain_patterns(std::string_view parameter, std::string_view value,
                                           const FileReader& files) {
  DomainListReader reader(files);
  reader.add_list(value, false, std::string(parameter), 0);
  return std::move(reader).take();
}

}  // namespace shorthop
