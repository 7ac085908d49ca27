#include "tables/types/databases/lmdb_pages.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

namespace shorthop {
namespace {

constexpr std::size_t header_size = 16;  // of a page
constexpr std::size_t node_size = 8;     // the header of an item: length or page, flags, length of the key
constexpr std::uint64_t no_page = ~std::uint64_t{0};

/// A number in the byte order of this machine, as in the file.
template <class Number>
Number number_at(std::string_view file, std::size_t place) {
  Number number = 0;
  std::memcpy(&number, file.data() + place, sizeof number);
  return number;
}

struct Meta {
  std::size_t page_size;
  std::uint16_t flags;  // of the main database
  std::uint64_t root;
  std::uint64_t transaction;
};

/// The meta page at this offset of the file; nullopt if there is none.
std::optional<Meta> meta_at(std::string_view file, std::size_t offset) {
  constexpr std::uint32_t magic = 0xbeefc0de;
  const std::size_t place = offset + header_size;
  if (place + 136 > file.size() || number_at<std::uint32_t>(file, place) != magic) return std::nullopt;
  return Meta{number_at<std::uint32_t>(file, place + 24), number_at<std::uint16_t>(file, place + 76),
              number_at<std::uint64_t>(file, place + 112), number_at<std::uint64_t>(file, place + 128)};
}

/// The newer of the two meta pages, which the library uses.
std::optional<Meta> newest_meta(std::string_view file) {
  const auto first = meta_at(file, 0);
  if (!first || first->page_size < 512 || first->page_size > 32768) return std::nullopt;
  const auto second = meta_at(file, first->page_size);
  if (!second || second->page_size != first->page_size) return std::nullopt;
  return first->transaction < second->transaction ? second : first;
}

class PageChecker {
 public:
  PageChecker(std::string_view file, std::size_t page_size)
      : file_(file), page_size_(page_size), seen_(file.size() / page_size) {}

  bool is_sound(std::uint64_t root) { return page_is_sound(root, 0); }

 private:
  enum PageFlags : std::uint16_t { branch = 1, leaf = 2, overflow = 4 };
  enum NodeFlags : std::uint16_t { on_pages = 1 };

  template <class Number>
  Number at(std::uint64_t page, std::size_t place) const {
    return number_at<Number>(file_, static_cast<std::size_t>(page) * page_size_ + place);
  }

  bool page_is_sound(std::uint64_t page, int depth) {
    constexpr int max_depth = 32;  // CURSOR_STACK of mdb.c
    if (page >= seen_.size() || seen_[page] || depth == max_depth) return false;
    seen_[page] = true;  // a second visit means a cycle
    const auto flags = at<std::uint16_t>(page, 10);
    const auto lower = at<std::uint16_t>(page, 12);
    const auto upper = at<std::uint16_t>(page, 14);
    if (at<std::uint64_t>(page, 0) != page || (flags != branch && flags != leaf)) return false;
    if (lower < header_size || lower % 2 != 0 || lower > upper || upper > page_size_) return false;
    if (flags == branch && lower < header_size + 4) return false;  // a branch page has at least two children
    for (std::size_t place = header_size; place < lower; place += 2) {
      const auto node = at<std::uint16_t>(page, place);
      if (node < upper || node % 2 != 0 || node + node_size > page_size_) return false;
      if (flags == branch ? !branch_node_is_sound(page, node, depth) : !leaf_node_is_sound(page, node)) return false;
    }
    return true;
  }

  bool branch_node_is_sound(std::uint64_t page, std::size_t node, int depth) {
    const std::uint64_t child = at<std::uint32_t>(page, node) | std::uint64_t{at<std::uint16_t>(page, node + 4)} << 32;
    return node + node_size + at<std::uint16_t>(page, node + 6) <= page_size_ && page_is_sound(child, depth + 1);
  }

  bool leaf_node_is_sound(std::uint64_t page, std::size_t node) const {
    const std::size_t size = at<std::uint32_t>(page, node);
    const auto flags = at<std::uint16_t>(page, node + 4);
    const std::size_t value = node + node_size + at<std::uint16_t>(page, node + 6);
    if (flags == 0) return value + size <= page_size_;
    // Postfix's tables have no sub-databases and no duplicates, so their nodes have no other flags.
    return flags == on_pages && value + sizeof(std::uint64_t) <= page_size_ &&
           value_on_pages_is_sound(at<std::uint64_t>(page, value), size);
  }

  bool value_on_pages_is_sound(std::uint64_t page, std::size_t size) const {
    if (page >= seen_.size() || at<std::uint16_t>(page, 10) != overflow) return false;
    return size <= (seen_.size() - static_cast<std::size_t>(page)) * page_size_ - header_size;
  }

  std::string_view file_;
  std::size_t page_size_;
  std::vector<bool> seen_;
};

}  // namespace

std::string fault_of_lmdb_pages(std::string_view file) {
  const auto meta = newest_meta(file);
  if (!meta) return "the two meta pages are missing";
  if (meta->flags != 0) return "it is a database of another kind than Postfix's";
  if (meta->root != no_page && !PageChecker(file, meta->page_size).is_sound(meta->root)) return "a page is damaged";
  return {};
}

}  // namespace shorthop
