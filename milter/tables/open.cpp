#include "tables/open.h"

#include <algorithm>
#include <array>

#include "tables/types/backends.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

/// What a back end is given.
struct Request {
  std::string name;
  std::string_view type;
  std::string_view rest;
  TextFormat text_format;
  const FileReader& files;
  Diagnostics& problems;
};

using Opener = std::shared_ptr<const Table> (*)(Request request);

std::shared_ptr<const Table> open_text(Request request) {
  std::string file(request.rest);
  auto text = request.files.read(file);
  if (!text) {
    const bool missing = text.error().kind == ReadFailure::Kind::missing;
    request.problems.push_back({std::move(file), 0, "cannot read the table: " + text.error().what,
                                missing ? "is the path right?" : "may this user read it?", Severity::error,
                                ErrorClass::missing});
    return nullptr;
  }
  return text_table(std::move(request.name), std::move(file), std::move(*text), request.text_format, request.problems);
}

/// Where a table's data lies: in no file, or in the file of its name with this suffix.
struct Data {
  bool in_file = false;
  std::string_view suffix = {};
};

struct Type {
  std::string_view name;
  Opener open;
  Data data;
  std::string_view meaning;
};

/// Every type that is read, in the order of DATABASE_README; text is ours.
constexpr std::array types = {
    Type{"text",
         open_text,
         {true},
         "the source text itself, so that every decision can name its line: aliases(5) under `alias-maps`, virtual(5) "
         "under `virtual-alias-maps`, the first word of each line under `local-recipients` and `mailboxes`."},
    Type{"texthash",
         [](Request r) {
           r.text_format = TextFormat::virtual5;
           return open_text(std::move(r));
         },
         {true},
         "a text file of keys and values, as virtual(5) writes them, whatever setting names it."},
    Type{"inline",
         [](Request r) { return open_inline(std::move(r.name), r.rest, r.problems); },
         {},
         "the table itself: `inline:{ {KEY=VALUE}, {KEY=VALUE} }`."},
    Type{"static",
         [](Request r) { return open_static(std::move(r.name), r.rest, r.problems); },
         {},
         "the rest of the name is the value of every key."},
    Type{"unix",
         [](Request r) { return open_unix(std::move(r.name), r.rest, r.problems); },
         {},
         "`unix:passwd.byname` and `unix:group.byname`: the users and groups of this host."},
    Type{"hash",
         [](Request r) { return open_berkeley_db(std::move(r.name), r.type, r.rest, r.problems); },
         {true, ".db"},
         "a Berkeley DB hash file that postmap(1) or postalias(1) made; the path is without `.db`."},
    Type{"btree",
         [](Request r) { return open_berkeley_db(std::move(r.name), r.type, r.rest, r.problems); },
         {true, ".db"},
         "a Berkeley DB btree file that postmap(1) or postalias(1) made; the path is without `.db`."},
    Type{"lmdb",
         [](Request r) { return open_lmdb(std::move(r.name), r.rest, r.problems); },
         {true, ".lmdb"},
         "an LMDB file that postmap(1) or postalias(1) made; the path is without `.lmdb`."},
    Type{"cdb",
         [](Request r) { return open_cdb(std::move(r.name), r.rest, r.problems); },
         {true, ".cdb"},
         "a tinycdb file that postmap(1) or postalias(1) made; the path is without `.cdb`."},
};

std::string type_names() {
  std::string names;
  for (const Type& type : types) names.append(names.empty() ? "" : ", ").append(type.name);
  return names;
}

class FailingTable final : public Table {
 public:
  FailingTable(std::string name, std::string what, FailureKind kind)
      : Table(std::move(name)), what_(std::move(what)), kind_(kind) {}
  Lookup find(const LookupKey&, Deadline) const override {
    return std::unexpected(LookupFailure{name() + ": " + what_, kind_});
  }
  bool is_fixed() const override { return true; }

 private:
  std::string what_;
  FailureKind kind_;
};

}  // namespace

std::string_view without_proxy(std::string_view name) {
  while (name.starts_with("proxy:")) name.remove_prefix(6);
  return name;
}

std::shared_ptr<const Table> open_table(std::string_view name, TextFormat text_format, const FileReader& files,
                                        Diagnostics& problems) {
  name = without_proxy(name);
  const auto fail = [&](std::string what, std::string fix) {
    problems.push_back({std::string(name), 0, std::move(what), std::move(fix), Severity::error, ErrorClass::settings});
    return nullptr;
  };
  const std::size_t colon = name.find(':');
  if (colon == name.npos) return fail("expected \"type:name\"", "the types are " + type_names());
  const std::string_view type = name.substr(0, colon);
  const std::string_view rest = name.substr(colon + 1);
  const auto known = std::ranges::find(types, type, &Type::name);
  if (known == types.end()) return fail("unsupported table type", "the supported types are " + type_names());
  if (rest.empty()) return fail("missing name after the type", "write \"" + std::string(type) + ":name\"");
  if (rest.contains('\0')) return fail("there is a NUL byte in the name", {});
  return known->open({std::string(name), type, rest, text_format, files, problems});
}

std::vector<TableType> table_types() {
  std::vector<TableType> result;
  result.reserve(types.size());
  for (const Type& type : types) result.push_back({type.name, type.meaning});
  return result;
}

std::optional<std::string> file_of_table(std::string_view name) {
  name = without_proxy(name);
  const std::size_t colon = name.find(':');
  const auto known = std::ranges::find(types, name.substr(0, colon), &Type::name);
  if (colon == name.npos || known == types.end() || !known->data.in_file) return std::nullopt;
  return std::string(name.substr(colon + 1)).append(known->data.suffix);
}

std::shared_ptr<const Table> failing_table(std::string name, std::string what, FailureKind kind) {
  return std::make_shared<FailingTable>(std::move(name), std::move(what), kind);
}

}  // namespace shorthop
