// static: tables, which have the same value for every key.
// Source: DATABASE_README, Postfix util/dict_static.c.
#include "tables/types.h"
#include "text/ascii.h"
#include "text/items.h"

namespace shorthop {
namespace {

class StaticTable final : public Table {
 public:
  StaticTable(std::string name, std::string value) : Table(std::move(name)), value_(std::move(value)) {}
  Lookup find(const LookupKey&, Deadline) const override { return Entry{value_, 0}; }

 private:
  std::string value_;
};

}  // namespace

std::shared_ptr<const Table> open_static(const OpenRequest& request) {
  std::string_view value = request.table.name;
  if (value.starts_with('{')) {
    const auto inside = inside_braces(value);
    if (!inside) {
      request.problems.push_back({{request.table.text(), 0},
                                  inside.error(),
                                  "write \"static:{ value }\"",
                                  Severity::error,
                                  ErrorClass::settings});
      return nullptr;
    }
    value = *inside;
  }
  return std::make_shared<StaticTable>(request.table.text(), std::string(value));
}

}  // namespace shorthop
