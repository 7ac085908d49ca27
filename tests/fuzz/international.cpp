// Folds any bytes as UTF-8 and as a domain. Folding twice changes no more than folding once, and all spellings of a
// domain have one key.
#include "mail/international.h"

#include <string>
#include <string_view>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "mail/address.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace {

bool all_is_code_points(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = shorthop::first_code_point(text).length;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void try_utf8(std::string_view text) {
  must(shorthop::is_utf8(text) == all_is_code_points(text), "UTF-8 is a sequence of code points");
  const auto is_7_bit = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  must(shorthop::is_ascii(text) == std::ranges::all_of(text, is_7_bit), "ASCII has seven bits");
}

void try_folding(std::string_view text) {
  const std::string folded = shorthop::folded_utf8(text);
  must(shorthop::folded_utf8(folded) == folded, "folding twice is folding once");
  must(std::ranges::none_of(folded, [](char c) { return c >= 'A' && c <= 'Z'; }), "no capitals are left");
  must(folded.size() <= 3 * text.size(), "folding makes a text at most three times as long");
  must(shorthop::is_utf8(folded) == shorthop::is_utf8(text), "UTF-8 stays UTF-8");
  must(!shorthop::is_ascii(text) || folded == shorthop::folded(text), "ASCII is folded as ASCII");
}

void try_domain(std::string_view text) {
  const auto key = shorthop::to_a_labels(text);
  must(key.has_value() == shorthop::is_domain(text), "what has a key is a domain");
  if (!key) return;
  must(shorthop::is_host_name(*key), "a key is a host name, in ASCII");
  must(*key == shorthop::folded(*key), "a key is folded");
  must(shorthop::to_a_labels(*key) == key, "the key of a key is itself");
  const std::string spelled = shorthop::with_u_labels(*key);
  must(shorthop::is_utf8(spelled), "U-labels are UTF-8");
  must(shorthop::has_two_spellings(*key) || spelled == *key, "without an A-label there is one spelling");
  must(shorthop::to_a_labels(spelled) == key, "both spellings have one key");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text = text_in(data, size);
  try_utf8(text);
  try_folding(text);
  try_domain(text);
  return 0;
}
