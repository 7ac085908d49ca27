#include "primary/chain_memory.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory_resource>
#include <utility>
#include <variant>

namespace shorthop {
namespace {

constexpr std::size_t bytes_of_a_recipient = 128;  // with its domain and an end or two
constexpr std::size_t max_ends = 16;               // beyond, the chain itself is no longer what takes the time
constexpr std::size_t max_entry = 2048;

/// Numbers and texts, one behind another.
class Packer {
 public:
  Packer() { packed_.reserve(bytes_of_a_recipient); }
  void number(std::size_t value) {
    const auto number = static_cast<std::uint32_t>(value);
    packed_.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  void text(std::string_view text) {
    number(text.size());
    packed_.append(text);
  }
  std::string take() && { return std::move(packed_); }

 private:
  std::string packed_;
};

/// Reads what a Packer wrote.
class Unpacker {
 public:
  explicit Unpacker(std::string_view packed) : rest_(packed) {}
  std::size_t number() {
    std::uint32_t number = 0;
    std::memcpy(&number, rest_.data(), sizeof number);
    rest_.remove_prefix(sizeof number);
    return number;
  }
  std::string_view text() {
    const std::size_t size = number();
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }

 private:
  std::string_view rest_;
};

// In the place of a LeafKind.
constexpr std::size_t departure = 255;
constexpr std::size_t mailbox = 254;

/// The address of an end that is no leaf.
const Address& address_of(const Expanded::End& end) {
  const auto* known = std::get_if<Mailbox>(&end);
  return known != nullptr ? known->address : std::get<Address>(end);
}

std::string packed(const Address& recipient, const Expanded& expanded) {
  Packer packer;
  packer.text(recipient.internal());
  packer.number(expanded.step_count);
  packer.number(expanded.is_whole ? 1 : 0);
  packer.number(expanded.ends.size());
  for (const auto& end : expanded.ends) {
    if (const auto* leaf = std::get_if<Leaf>(&end)) {
      packer.number(std::to_underlying(leaf->kind));
      packer.text(leaf->address);
      packer.text(leaf->detail);
    } else {
      packer.number(std::holds_alternative<Mailbox>(end) ? mailbox : departure);
      packer.text(address_of(end).local_part());
      packer.text(address_of(end).domain());
    }
  }
  return std::move(packer).take();
}

/// Not the index's own, to which capitals are small letters: whoever varies them would fill one place.
std::uint32_t hash_of(const Address& recipient) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(recipient.internal()));
}

/// What follows the recipient.
std::optional<Expanded> unpacked(Unpacker packed) {
  Expanded expanded;
  expanded.step_count = packed.number();
  expanded.is_whole = packed.number() != 0;
  const std::size_t ends = packed.number();
  expanded.ends.reserve(ends);
  for (std::size_t i = 0; i < ends; ++i) {
    const std::size_t kind = packed.number();
    const std::string_view first = packed.text();
    const std::string_view second = packed.text();
    if (kind != departure && kind != mailbox) {
      expanded.ends.emplace_back(Leaf{static_cast<LeafKind>(kind), std::string(first), std::string(second)});
      continue;
    }
    auto address = Address::from_parts(first, second);
    if (!address) return std::nullopt;
    if (kind == mailbox) {
      expanded.ends.emplace_back(Mailbox{std::move(*address)});
    } else {
      expanded.ends.emplace_back(std::move(*address));
    }
  }
  return expanded;
}

}  // namespace

ChainMemory::ChainMemory(std::size_t recipients) : max_of_a_part_(recipients * 5 / 4 / part_count + 16) {}

std::optional<Expanded> ChainMemory::recall(const Address& recipient) {
  const std::uint32_t hash = hash_of(recipient);
  Part& part = part_of(hash);
  const std::lock_guard lock(part.mutex);
  if (!part.index) return std::nullopt;
  const std::string_view text = part.text;
  std::optional<Unpacker> found;
  part.index->find(hash, [&](const Index::Slot& slot) {
    Unpacker entry(text.substr(slot.offset));
    const bool is_same = entry.text() == recipient.internal();
    if (is_same) found = entry;
    return is_same;
  });
  return found ? unpacked(*found) : std::nullopt;
}

void ChainMemory::remember(const Address& recipient, const Expanded& expanded) {
  if (expanded.rests_on_files || !expanded.steps.empty() || expanded.ends.size() > max_ends) return;
  const std::string entry = packed(recipient, expanded);
  if (entry.size() > max_entry) return;
  const std::uint32_t hash = hash_of(recipient);
  Part& part = part_of(hash);
  const std::lock_guard lock(part.mutex);
  make_room(part, entry.size());
  const Index::Slot slot{static_cast<std::uint32_t>(part.text.size()), 0};
  const Index::Slot* earlier = part.index->insert(hash, slot, [&](const Index::Slot& other) {
    return Unpacker(std::string_view(part.text).substr(other.offset)).text() == recipient.internal();
  });
  if (earlier == nullptr) part.text += entry;  // else another thread was first
}

void ChainMemory::make_room(Part& part, std::size_t size) const {
  const bool is_full = part.index && (part.index->size() >= max_of_a_part_ ||
                                      part.text.size() + size > max_of_a_part_ * bytes_of_a_recipient);
  if (part.index && !is_full) return;
  part.index.reset();  // first, should there be no memory for what follows
  part.text.clear();
  part.text.reserve(max_of_a_part_ * bytes_of_a_recipient);  // else it would be copied as it grows
  part.index.emplace(max_of_a_part_, std::pmr::new_delete_resource());
}

}  // namespace shorthop
