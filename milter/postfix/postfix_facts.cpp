#include "postfix/postfix_facts.h"

#include <fmt/format.h>

#include <charconv>

#include "postfix/postconf.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

/// 0 if the text does not begin with a digit.
int number_at(std::string_view text) {
  int number = 0;
  if (text.starts_with('-')) return number;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// From the output of postconf(1).
std::expected<Parameters, ChildFailure> parameters_in(const std::expected<std::string, ChildFailure>& output) {
  if (!output) return std::unexpected(output.error());
  return parse_parameters(*output);
}

}  // namespace

PostfixVersion parse_postfix_version(std::string_view text) {
  text = trimmed(text);
  const std::size_t dot = text.find('.');
  if (dot == text.npos) return {};
  return {number_at(text), number_at(text.substr(dot + 1))};
}

std::string_view PostfixFacts::value(std::string_view parameter) const { return text_or_empty(values, parameter); }

std::optional<std::string> PostfixFacts::own_value(const MasterService& service, std::string_view parameter) const {
  if (auto known = find_text(values, fmt::format("{}/{}", service.postconf_name(), parameter))) return known;
  const auto own = service.override_of(parameter);
  if (!own) return std::nullopt;
  return expanded_by_postfix(*own, [&](std::string_view name) { return std::optional(std::string(value(name))); });
}

std::string PostfixFacts::value_for(const MasterService& service, std::string_view parameter) const {
  return own_value(service, parameter).value_or(std::string(value(parameter)));
}

bool PostfixFacts::chroots_by_default() const {
  return number() < PostfixVersion{3, 0} ||
         parse_postfix_version(std::string(value("compatibility_level")) + ".").major < 1;
}

std::expected<PostfixFacts, ChildFailure> ask_postfix_facts(const std::string& directory, const ChildLimits& limits) {
  const std::string program = find_program("postconf");
  if (program.empty()) {
    return std::unexpected(ChildFailure{ChildFailure::Kind::not_found, "postconf not found on this host"});
  }
  const auto ask = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"-c", directory});
    return child_output(program, words, limits);
  };
  PostfixFacts facts;
  facts.directory = directory;
  // postconf prints the compiled-in version even if main.cf is missing; -x fails then.
  const auto version = ask({"-h", "mail_version"});
  if (!version) return std::unexpected(version.error());
  facts.version = trimmed(*version);
  const bool expands = facts.number() >= PostfixVersion{2, 10};
  auto values = expands ? SystemPostconf(limits).ask(directory) : parameters_in(ask({}));
  if (!values) return std::unexpected(std::move(values.error()));
  facts.values = std::move(*values);
  const auto services = ask({"-M"});
  if (services) {
    facts.services = parse_master_services(*services);
  } else {
    facts.services_failure = services.error().what;
  }
  return facts;
}

}  // namespace shorthop
