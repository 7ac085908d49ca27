// text: and texthash: tables: the text is read when the table is opened.
#include "tables/types.h"

namespace shorthop {

std::shared_ptr<const Table> open_text(const OpenRequest& request) {
  auto text = request.files.read(request.file);
  if (!text) {
    request.problems.push_back(unreadable_table(request, text.error()));
    return nullptr;
  }
  return text_table(request.table.text(), request.file, std::move(*text), request.text_format, request.problems,
                    request.changed);
}

}  // namespace shorthop
