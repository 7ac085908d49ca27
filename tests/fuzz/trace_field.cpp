// Parses any bytes as header fields. The host and the ID of a Received field are words of it, and the number of fields
// kept of a header is limited. Each line of the input is a field, "NAME:VALUE"; all of the input is also tried as one
// value.
#include "mail/trace_field.h"

#include <string_view>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "text/ascii.h"

namespace {

bool is_word_of(std::string_view word, std::string_view text) {
  return !word.empty() && text.contains(word) &&
         std::ranges::none_of(word, [](char c) { return shorthop::is_space(c) || c == '(' || c == ';'; });
}

void must_be_read_again(const shorthop::TraceField& field) {
  const std::string written = "by " + field.by + " id " + field.id + "; date";
  const auto again = shorthop::parse_received(written);
  must(again && again->by == field.by && again->id == field.id, "host and ID survive writing and reading");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text = text_in(data, size);
  if (const auto field = shorthop::parse_received(text)) {
    must(is_word_of(field->by, text) && is_word_of(field->id, text), "host and ID are words of the field");
    must_be_read_again(*field);
    must(text.contains(field->from_name) && text.contains(field->from_address),
         "the client's name and address are parts of the field");
    must(!field->from_address.contains(']'), "an address ends before its bracket");
  }
  const std::string_view id = shorthop::parse_message_id(text);
  must(id.size() < 1000 && (id.empty() || text.contains(id)), "a Message-ID is a part of the field and has a limit");
  shorthop::TraceHeader header;
  for (Input input(data, size); !input.rest().empty();) {
    const std::string_view line = input.line();
    const std::size_t colon = std::min(line.find(':'), line.size());
    header.take(line.substr(0, colon), line.substr(std::min(colon + 1, line.size())));
  }
  must(header.received.size() <= shorthop::TraceHeader::max_fields, "a header has a limit");
  return 0;
}
