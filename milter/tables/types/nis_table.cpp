// nis: tables, asked by this host's postmap(1). If this host has no NIS domain, Postfix treats such a table as empty.
// The default of alias_maps contains one where Postfix was built with NIS, as in Debian 12.
// Source: Postfix util/dict_nis.c.
#include <unistd.h>

#include <array>
#include <utility>

#include "tables/types.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

bool has_nis_domain() {
  std::array<char, 256> domain{};
  if (::getdomainname(domain.data(), domain.size() - 1) != 0) return true;
  return domain.front() != '\0' && !equal_folded(domain.data(), "(none)");
}

class OwnNisTable final : public Table {
 public:
  explicit OwnNisTable(std::shared_ptr<const Table> table) : Table(table->name()), table_(std::move(table)) {}

  Lookup find(const LookupKey& key, Deadline deadline) const override {
    return has_nis_domain() ? table_->find(key, deadline) : std::nullopt;
  }

 private:
  std::shared_ptr<const Table> table_;
};

}  // namespace

std::shared_ptr<const Table> open_nis(const OpenRequest& request) {
  auto table = open_postmap(request);
  // A primary's NIS domain may differ from this host's: if this host has none, the contents of the primary's tables are
  // unknown.
  if (table == nullptr || !request.options.is_of_this_host) return table;
  return std::make_shared<OwnNisTable>(std::move(table));
}

}  // namespace shorthop
