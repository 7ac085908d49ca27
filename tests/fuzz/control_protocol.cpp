// Parses any bytes as an answer of the daemon. The result is nullopt (it is truncated), or a text and an exit status
// that are the same after they were encoded and parsed again.
#include "control/control_protocol.h"

#include <string>
#include <string_view>

#include "fuzz/input.h"
#include "fuzz/must.h"

namespace control = shorthop::control;

namespace {

void must_survive(const control::Answer& answer) {
  const std::string sent = control::encoded(answer);
  const auto again = control::decoded(sent);
  must(again && again->text == answer.text && again->exit_status == answer.exit_status,
       "an answer survives the socket");
  must(!control::decoded(std::string_view(sent).substr(0, sent.size() - 1)),
       "an answer without its last byte is truncated");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view bytes = text_in(data, size);
  if (const auto answer = control::decoded(bytes)) {
    must(answer->exit_status >= 0 && answer->exit_status <= 255, "the status is a possible exit status");
    must(answer->text.empty() || answer->text.ends_with('\n'), "the text is whole lines");
    must(bytes.starts_with(answer->text), "the text is what came before the status");
    must_survive(*answer);
  }
  Input input(data, size);
  const auto status = static_cast<int>(input.byte());
  must_survive({input.rest().empty() ? std::string() : std::string(input.rest()) + '\n', status});
  return 0;
}
