#include "tables/types/databases/berkeley_db_pages.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace shorthop {
namespace {

constexpr std::size_t header_size = 26;
constexpr std::uint32_t hash_magic = 0x061561;
constexpr std::uint32_t btree_magic = 0x053162;

/// Numbers at offsets of a file, in the byte order of the machine that wrote it.
class Bytes {
 public:
  Bytes(std::string_view file, bool big_endian) : file_(file), big_endian_(big_endian) {}

  std::uint32_t u8(std::size_t place) const { return static_cast<unsigned char>(file_[place]); }
  std::uint32_t u16(std::size_t place) const {
    return big_endian_ ? u8(place) << 8 | u8(place + 1) : u8(place + 1) << 8 | u8(place);
  }
  std::uint32_t u32(std::size_t place) const {
    return big_endian_ ? u16(place) << 16 | u16(place + 2) : u16(place + 2) << 16 | u16(place);
  }
  std::string_view text(std::size_t place, std::size_t size) const { return file_.substr(place, size); }

 private:
  std::string_view file_;
  bool big_endian_;
};

struct Layout {
  Bytes bytes;
  std::size_t page_size = 0;
  std::size_t pages = 0;
  bool is_btree = false;

  bool has_page(std::uint32_t number) const { return number < pages; }
};

std::optional<Layout> layout_of(std::string_view file) {
  if (file.size() < 512) return std::nullopt;
  for (const bool big_endian : {false, true}) {
    const Bytes bytes(file, big_endian);
    const std::uint32_t magic = bytes.u32(12);
    if (magic != hash_magic && magic != btree_magic) continue;
    const std::uint32_t size = bytes.u32(20);
    const bool is_power_of_two = (size & (size - 1)) == 0;
    if (size < 512 || size > 32768 || !is_power_of_two || file.size() % size != 0) return std::nullopt;
    constexpr std::uint32_t hash_meta = 8;  // page type of a hash; the page type of a btree is 9
    if (bytes.u8(25) != hash_meta + (magic == btree_magic)) return std::nullopt;
    // Encryption, checksums, and partitions (which use further files): postmap(1) enables none of them.
    if (bytes.u8(24) != 0 || bytes.u8(26) != 0 || bytes.u32(36) != 0) return std::nullopt;
    const Layout layout{bytes, size, file.size() / size, magic == btree_magic};
    return layout.has_page(bytes.u32(28)) ? std::optional(layout) : std::nullopt;  // the first free page
  }
  return std::nullopt;
}

struct PageKind {
  enum : std::uint32_t { free = 0, hash_unsorted = 2, internal = 3, leaf = 5, overflow = 7, hash = 13 };
};

/// Items that are too long for a page are stored in a chain of overflow pages.
class OverflowPages {
 public:
  explicit OverflowPages(const Layout& layout) : layout_(layout), steps_left_(layout.pages * max_depth) {}

  /// Whether the chain from this page on holds `size` bytes: the library compares and copies as many bytes as the
  /// reference states.
  bool hold(std::uint32_t number, std::size_t size) {
    for (; number != 0; number = u32(number, 16)) {
      if (!layout_.has_page(number) || steps_left_ == 0) return false;
      --steps_left_;
      const std::size_t part = u16(number, 22);
      if (kind(number) != PageKind::overflow || part > size) return false;
      size -= part;
    }
    return size == 0;
  }

 private:
  /// The maximum number of visits to a page: each level of a btree may refer to a long key once. More visits mean a
  /// cycle.
  static constexpr std::size_t max_depth = 32;

  std::size_t place(std::uint32_t number, std::size_t offset) const { return number * layout_.page_size + offset; }
  std::uint32_t kind(std::uint32_t number) const { return layout_.bytes.u8(place(number, 25)); }
  std::uint32_t u16(std::uint32_t number, std::size_t offset) const { return layout_.bytes.u16(place(number, offset)); }
  std::uint32_t u32(std::uint32_t number, std::size_t offset) const { return layout_.bytes.u32(place(number, offset)); }

  const Layout& layout_;
  std::size_t steps_left_;
};

/// One page; offsets are relative to its start.
class Page {
 public:
  Page(const Layout& layout, std::size_t number) : layout_(layout), base_(number * layout.page_size) {}

  std::uint32_t kind() const { return u8(25); }
  bool is_of_btree() const { return kind() == PageKind::internal || kind() == PageKind::leaf; }

  /// Whether a sorted page has a key on overflow pages. The page must be valid.
  bool has_long_hash_key() const {
    if (kind() != PageKind::hash) return false;
    for (std::size_t i = 0; i < items(); i += 2) {
      if (u8(item(i)) == HashItem::on_pages) return true;
    }
    return false;
  }

  bool is_sound(OverflowPages& elsewhere) const {
    if (!layout_.has_page(u32(12)) || !layout_.has_page(u32(16))) return false;
    const bool has_pairs = kind() == PageKind::hash || kind() == PageKind::hash_unsorted || kind() == PageKind::leaf;
    if (has_pairs && items() % 2 != 0) return false;
    switch (kind()) {
      case PageKind::free: return true;
      case PageKind::hash_unsorted:
      case PageKind::hash:
        return hash_items_are_sound(elsewhere) && (kind() != PageKind::hash || hash_keys_are_sorted());
      case PageKind::internal: return items_are_sound(12, elsewhere);
      case PageKind::leaf: return items_are_sound(3, elsewhere);
      case PageKind::overflow: return u16(22) <= size() - header_size;
      default: return false;
    }
  }

 private:
  std::uint32_t u8(std::size_t place) const { return layout_.bytes.u8(base_ + place); }
  std::uint32_t u16(std::size_t place) const { return layout_.bytes.u16(base_ + place); }
  std::uint32_t u32(std::size_t place) const { return layout_.bytes.u32(base_ + place); }
  std::size_t size() const { return layout_.page_size; }
  std::size_t items() const { return u16(20); }
  std::size_t item(std::size_t i) const { return u16(header_size + 2 * i); }
  std::size_t items_begin() const { return header_size + 2 * items(); }

  /// Whether the overflow pages hold the whole item. The reference to them has the number of the first page at offset
  /// 4, and the length at 8.
  bool is_held(std::size_t place, OverflowPages& elsewhere) const {
    return elsewhere.hold(u32(place + 4), u32(place + 8));
  }

  struct HashItem {
    enum : std::uint32_t { data = 1, duplicates = 2, on_pages = 3, duplicates_on_pages = 4 };
  };

  /// Items are stored backwards from the end of the page; each starts with its kind.
  bool hash_items_are_sound(OverflowPages& elsewhere) const {
    if (items_begin() > size()) return false;
    std::size_t end = size();
    for (std::size_t i = 0; i < items(); end = item(i++)) {
      if (item(i) < items_begin() || item(i) >= end) return false;
      const std::uint32_t of_item = u8(item(i));
      if (of_item < HashItem::data || of_item > HashItem::duplicates_on_pages) return false;
      if (of_item == HashItem::on_pages && (end - item(i) < 12 || !is_held(item(i), elsewhere))) return false;
      if (of_item == HashItem::duplicates_on_pages && (end - item(i) < 8 || !layout_.has_page(u32(item(i) + 4))))
        return false;
    }
    return true;
  }

  /// The key of item i, stored in the page itself.
  std::string_view hash_key(std::size_t i) const {
    const std::size_t end = i == 0 ? size() : item(i - 1);
    return layout_.bytes.text(base_ + item(i) + 1, end - item(i) - 1);
  }

  /// Keys ascend; if one is a prefix of the other, the longer comes first (hash/hash_page.c, __ham_verify_sorted_page).
  bool hash_keys_are_sorted() const {
    for (std::size_t i = 2; i < items(); i += 2) {
      if (u8(item(i - 2)) != HashItem::data || u8(item(i)) != HashItem::data) continue;
      const std::string_view before = hash_key(i - 2);
      const std::string_view key = hash_key(i);
      if (before.starts_with(key) ? before == key : before > key || key.starts_with(before)) return false;
    }
    return true;
  }

  /// Whether the number at offset 4 of an item is a valid page.
  bool has_page_at(std::size_t place) const { return place + 12 <= size() && layout_.has_page(u32(place + 4)); }

  /// Whether an item refers to a page one level below: a link upwards would create a cycle.
  bool has_child(std::size_t place) const {
    if (!has_page_at(place)) return false;
    const Page child(layout_, u32(place + 4));
    return child.is_of_btree() && child.u8(24) + 1 == u8(24);
  }

  /// Items of a btree page: a length, a kind, then data or its location. On an inner page the child comes in between.
  bool items_are_sound(std::size_t head, OverflowPages& elsewhere) const {
    enum : std::uint32_t { kinds = 0x7f, on_pages = 3 };
    if (items_begin() > size()) return false;
    for (std::size_t i = 0; i < items(); ++i) {
      const std::size_t place = item(i);
      if (place < items_begin() || place + 12 > size() + 8) return false;
      const std::uint32_t kind = u8(place + 2) & kinds;
      if (kind < 1 || kind > on_pages) return false;
      const bool is_inner = head > 3;
      if (is_inner ? !has_child(place) : kind != 1 && !has_page_at(place)) return false;
      if ((is_inner || kind == 1) && place + head + u16(place) > size()) return false;
      const std::size_t overflowing = is_inner ? place + head : place;
      if (kind == on_pages && (overflowing + 12 > size() || !is_held(overflowing, elsewhere))) return false;
    }
    return true;
  }

  const Layout& layout_;
  std::size_t base_;
};

}  // namespace

std::string fault_of_berkeley_db_pages(std::string_view file) {
  const auto layout = layout_of(file);
  if (!layout) return "the file is not a hash or btree of whole pages";
  constexpr std::size_t offset_of_root = 88;  // in the meta page of a btree
  const std::uint32_t root = layout->is_btree ? layout->bytes.u32(offset_of_root) : 0;
  if (!layout->has_page(root)) return "the root page lies beyond the end of the file";
  if (layout->is_btree && !Page(*layout, root).is_of_btree()) return "the root page does not belong to a btree";
  OverflowPages elsewhere(*layout);
  for (std::size_t number = 1; number < layout->pages; ++number) {
    if (!Page(*layout, number).is_sound(elsewhere)) return "page " + std::to_string(number) + " is damaged";
  }
  return {};
}

std::uint32_t pairs_stated_in(std::string_view file) {
  constexpr std::uint32_t announced = 4096;
  constexpr std::size_t offset_of_count = 88;  // in the meta page of a hash: nelem
  const auto layout = layout_of(file);
  const std::uint32_t counted = layout && !layout->is_btree ? layout->bytes.u32(offset_of_count) : 0;
  return counted > announced ? counted - announced : 0;
}

bool has_long_hash_key(std::string_view file) {
  const auto layout = layout_of(file);
  if (!layout || layout->is_btree) return false;
  for (std::size_t number = 1; number < layout->pages; ++number) {
    if (Page(*layout, number).has_long_hash_key()) return true;
  }
  return false;
}

}  // namespace shorthop
