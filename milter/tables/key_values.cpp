#include "tables/key_values.h"

#include <algorithm>
#include <limits>

#include "tables/index.h"

namespace shorthop {
namespace {

std::string_view until_nul(std::string_view text) { return text.substr(0, text.find('\0')); }

class MemoryTable final : public Table {
 public:
  MemoryTable(std::string name, std::optional<FileStamp::Time> changed, std::string pairs,
              const std::vector<std::uint32_t>& terminated, const std::vector<std::uint32_t>& bare)
      : Table(std::move(name), changed), pairs_(std::move(pairs)), index_(terminated.size() + bare.size()) {
    for (const auto* offsets : {&terminated, &bare}) {
      for (const std::uint32_t offset : *offsets) {
        const std::string_view key = text_at(offset);
        index_.insert(Index::hash_of(key), {offset, 1}, [&](const Index::Slot& slot) { return has_key(slot, key); });
      }
    }
  }

  Lookup find(const LookupKey& lookup_key, Deadline) const override {
    const std::string_view key = lookup_key.folded;
    const Index::Slot* slot =
        index_.find(Index::hash_of(key), [&](const Index::Slot& entry) { return has_key(entry, key); });
    if (!slot) return std::nullopt;
    return Entry{std::string(text_at(slot->offset + key.size() + 1)), 0};
  }

  bool each_entry(const UseEntry& use) const override {
    for (std::size_t offset = 0; offset < pairs_.size();) {
      const std::string_view key = text_at(offset);
      const std::string_view value = text_at(offset + key.size() + 1);
      use(key, value, 0);
      offset += key.size() + value.size() + 2;
    }
    return true;
  }

  std::optional<std::size_t> entries() const override { return index_.size(); }

 private:
  std::string_view text_at(std::size_t offset) const { return until_nul(std::string_view(pairs_).substr(offset)); }

  bool has_key(const Index::Slot& slot, std::string_view key) const { return text_at(slot.offset) == key; }

  std::string pairs_;
  Index index_;
};

}  // namespace

bool KeyValues::add(std::string_view key, std::string_view value) { return append(key, value, terminated_); }

bool KeyValues::add_raw(std::string_view key, std::string_view value) {
  const bool terminated = key.ends_with('\0');
  if (terminated) key.remove_suffix(1);
  if (value.ends_with('\0')) value.remove_suffix(1);
  if (key.contains('\0') || value.contains('\0')) return false;
  return append(key, value, terminated ? terminated_ : bare_);
}

std::shared_ptr<const Table> KeyValues::table(std::string name, std::optional<FileStamp::Time> changed) && {
  return std::make_shared<MemoryTable>(std::move(name), changed, std::move(pairs_), terminated_, bare_);
}

bool KeyValues::append(std::string_view key, std::string_view value, std::vector<std::uint32_t>& offsets) {
  if (key.contains('\0')) return true;
  value = until_nul(value);
  const std::size_t offset = pairs_.size();
  if (offset + key.size() + value.size() + 2 > std::numeric_limits<std::uint32_t>::max()) return false;
  offsets.push_back(static_cast<std::uint32_t>(offset));
  pairs_.append(key).append(1, '\0').append(value).append(1, '\0');
  return true;
}

}  // namespace shorthop
