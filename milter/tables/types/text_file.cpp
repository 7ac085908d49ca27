// text: and texthash: tables: the text is read when the table is opened.
#include "tables/types.h"

namespace shorthop {

std::shared_ptr<const Table> open_text(const OpenRequest& request) {
  auto text = request.files.read(request.file);
  if (!text) return refuse_unreadable(request, text.error());
  return text_table(request.table.text(), request.file, std::move(*text), request.text_format, request.problems,
                    request.changed);
}

}  // namespace shorthop
