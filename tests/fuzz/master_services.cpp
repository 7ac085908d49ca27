// Parses any bytes as master.cf. Each service is the same after it was written and parsed again.
#include "postfix/master_services.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/input.h"
#include "fuzz/must.h"
#include "text/ascii.h"

namespace {

using shorthop::MasterService;

bool is_same(const MasterService& a, const MasterService& b) {
  return a.name == b.name && a.type == b.type && a.chroot == b.chroot && a.command == b.command &&
         a.overrides == b.overrides;
}

std::string columns_of(const MasterService& service) {
  return service.name + " " + service.type + " - - " + service.chroot + " - - " + service.command;
}

bool reads_as(const std::string& text, const MasterService& service) {
  const auto again = shorthop::parse_master_services(text);
  return again.size() == 1 && is_same(again.front(), service);
}

/// An override can be written in several forms (master(5)), and one of them must give it back. White space in the value
/// needs the form in braces; unbalanced braces need one of the others.
void must_survive_writing(const MasterService& service) {
  // An unclosed brace could be closed by text written after it.
  if (columns_of(service).contains('{')) return;
  MasterService one = service;
  for (const auto& [name, value] : service.overrides) {
    one.overrides = {{name, value}};
    const std::string columns = columns_of(service);
    const std::string pair = name + "=" + value;
    must(reads_as(columns + " -o " + pair, one) || reads_as(columns + " -o" + pair, one) ||
             reads_as(columns + "\n  -o { " + pair + " }\n", one),
         "an override survives writing and reading");
  }
  one.overrides.clear();
  must(reads_as(columns_of(service), one), "the columns survive writing and reading");
}

void must_be_sound(const MasterService& service) {
  for (const std::string* column : {&service.name, &service.type, &service.chroot, &service.command}) {
    must(!column->empty(), "a column is a word");
  }
  for (const auto& [name, value] : service.overrides) {
    must(shorthop::trimmed(name) == name && shorthop::trimmed(value) == value, "an override is trimmed");
    must(service.override_of(name) == value, "an override is found by its name");
  }
  must(!shorthop::is_public_smtpd(service) || service.command == "smtpd", "a public smtpd is an smtpd");
  must(shorthop::is_chrooted(service, true) || service.chroot != "y", "a service with chroot y is chrooted");
  must(!shorthop::is_chrooted(service, false) || service.chroot == "y",
       "without a chroot by default only y is chrooted");
}

/// The bytes, read as the output of `postconf -P`, change nothing but parameters.
void must_keep_services(const std::vector<MasterService>& services, std::string_view text) {
  std::vector<MasterService> set = services;
  shorthop::set_service_parameters(set, text);
  must(std::ranges::equal(set, services, {}, &MasterService::postconf_name, &MasterService::postconf_name),
       "the services stay");
  must(std::ranges::equal(set, services, {}, &MasterService::command, &MasterService::command),
       "the commands of the services stay");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text = text_in(data, size);
  const std::vector<MasterService> services = shorthop::parse_master_services(text);
  must(services.size() <= lines_in(text), "each service has a line of its own");
  must(services.size() <= size / 15 + 1, "a service has eight words");
  std::ranges::for_each(services, must_be_sound);
  std::ranges::for_each(services, must_survive_writing);
  must_keep_services(services, text);
  return 0;
}
