#include "system/system_error.h"

#include <cstring>

#include "text/ascii.h"

namespace shorthop {

std::string error_text(int error) {
  char buffer[128] = "";
  std::string text = ::strerror_r(error, buffer, sizeof buffer);  // the GNU version; strerror(3) is not thread-safe
  if (!text.empty()) text[0] = ascii_lower(text[0]);
  return text;
}

}  // namespace shorthop
