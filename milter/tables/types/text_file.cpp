// text: and texthash: tables: the text is read when the table is opened.
#include "tables/types.h"

namespace shorthop {

std::shared_ptr<const Table> open_text(const OpenRequest& request) {
  auto text = request.files.read(request.file);
  if (!text) {
    const bool missing = text.error().kind == ReadFailure::Kind::missing;
    request.problems.push_back({{request.file, 0},
                                "cannot read the table: " + text.error().what,
                                missing ? "is the path right?" : "may this user read it?",
                                Severity::error,
                                ErrorClass::missing});
    return nullptr;
  }
  return text_table(request.table.text(), request.file, std::move(*text), request.text_format, request.problems,
                    request.changed);
}

}  // namespace shorthop
