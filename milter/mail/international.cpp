#include "mail/international.h"

#include <idn2.h>
#include <unicase.h>

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "mail/address.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace shorthop {
namespace {

/// Memory allocated by a C library.
template <class T>
using Allocated = std::unique_ptr<T, decltype(&std::free)>;

using Conversion = int (*)(const char*, char**, int);

std::optional<std::string> converted(std::string_view domain, Conversion convert) {
  if (domain.contains('\0')) return std::nullopt;
  char* result = nullptr;
  const int status = convert(std::string(domain).c_str(), &result, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const Allocated<char> owner(result, &std::free);
  if (status != IDN2_OK || result == nullptr) return std::nullopt;
  return std::string(result);
}

}  // namespace

std::string folded_utf8(std::string_view text) {
  if (is_ascii(text) || !is_utf8(text)) return folded(text);
  std::size_t length = 0;
  const Allocated<std::uint8_t> result(::u8_casefold(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                                     nullptr, nullptr, nullptr, &length),
                                       &std::free);
  if (!result) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(result.get()), length};
}

std::optional<std::string> to_a_labels(std::string_view domain) {
  if (is_ascii(domain)) return is_host_name(domain) ? std::optional(folded(domain)) : std::nullopt;
  if (!is_utf8(domain)) return std::nullopt;
  const auto labels = converted(domain, &::idn2_to_ascii_8z);
  if (!labels || !is_host_name(*labels)) return std::nullopt;
  return folded(*labels);
}

bool has_two_spellings(std::string_view a_labels) { return a_labels.starts_with("xn--") || a_labels.contains(".xn--"); }

std::string with_u_labels(std::string_view a_labels) {
  if (!has_two_spellings(a_labels)) return std::string(a_labels);
  auto spelled = converted(a_labels, &::idn2_to_unicode_8z8z);
  // Some A-labels cannot be restored from their U-label: then the A-label and the U-label are different domains.
  const bool is_same = spelled && to_a_labels(*spelled) == a_labels;
  return is_same ? std::move(*spelled) : std::string(a_labels);
}

}  // namespace shorthop
