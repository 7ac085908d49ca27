#include "tables/open.h"

#include <algorithm>
#include <array>

#include "mail/ascii.h"
#include "tables/backends.h"

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
                                Trouble::missing});
    return nullptr;
  }
  return text_table(std::move(request.name), std::move(file), std::move(*text), request.text_format, request.problems);
}

struct Type {
  std::string_view name;
  Opener open;
};

/// Every type that is read, in the order of DATABASE_README; text is ours.
constexpr std::array types = {
    Type{"text", open_text},
    Type{"texthash",
         [](Request r) {
           r.text_format = TextFormat::virtual5;
           return open_text(std::move(r));
         }},
    Type{"inline", [](Request r) { return open_inline(std::move(r.name), r.rest, r.problems); }},
    Type{"static", [](Request r) { return open_static(std::move(r.name), r.rest, r.problems); }},
    Type{"unix", [](Request r) { return open_unix(std::move(r.name), r.rest, r.problems); }},
    Type{"hash", [](Request r) { return open_berkeley_db(std::move(r.name), r.type, r.rest, r.problems); }},
    Type{"btree", [](Request r) { return open_berkeley_db(std::move(r.name), r.type, r.rest, r.problems); }},
    Type{"lmdb", [](Request r) { return open_lmdb(std::move(r.name), r.rest, r.problems); }},
    Type{"cdb", [](Request r) { return open_cdb(std::move(r.name), r.rest, r.problems); }},
};

std::string type_names() {
  std::string names;
  for (const Type& type : types) names.append(names.empty() ? "" : ", ").append(type.name);
  return names;
}

class FailingTable final : public Table {
 public:
  FailingTable(std::string name, std::string what) : Table(std::move(name)), what_(std::move(what)) {}
  Lookup find(std::string_view) const override { return std::unexpected(LookupFailure{name() + ": " + what_}); }

 private:
  std::string what_;
};

}  // namespace

std::shared_ptr<const Table> open_table(std::string_view name, TextFormat text_format, const FileReader& files,
                                        Diagnostics& problems) {
  // proxy: only says through which process Postfix asks.
  while (name.starts_with("proxy:")) name.remove_prefix(6);
  const auto fail = [&](std::string what, std::string mend) {
    problems.push_back({std::string(name), 0, std::move(what), std::move(mend), Severity::error, Trouble::settings});
    return nullptr;
  };
  const std::size_t colon = name.find(':');
  if (colon == name.npos) return fail("expected \"type:name\"", "the types are " + type_names());
  const std::string_view type = name.substr(0, colon);
  const std::string_view rest = name.substr(colon + 1);
  const auto known = std::ranges::find(types, type, &Type::name);
  if (known == types.end()) return fail("tables of this type are not read", "those that are: " + type_names());
  if (rest.empty()) return fail("there is no name after the type", "write \"" + std::string(type) + ":name\"");
  if (rest.contains('\0')) return fail("there is a NUL byte in the name", {});
  return known->open({std::string(name), type, rest, text_format, files, problems});
}

std::shared_ptr<const Table> failing_table(std::string name, std::string what) {
  return std::make_shared<FailingTable>(std::move(name), std::move(what));
}

}  // namespace shorthop
