#include "tables/text/cidr_table5.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "text/ascii.h"
#include "text/number.h"

namespace shorthop {
namespace {

constexpr std::size_t bits_of_byte = 8;

/// The mask of a byte: its first `bits_left` bits belong to the network.
std::uint8_t mask_of(std::size_t bits_left) {
  return static_cast<std::uint8_t>(0xff00U >> std::min(bits_left, bits_of_byte));
}

std::size_t bits_for_byte(std::size_t bits, std::size_t index) {
  return bits > index * bits_of_byte ? bits - index * bits_of_byte : 0;
}

/// "[address]/length" and "[address/length]" without the brackets.
std::expected<std::string, std::string> without_brackets(std::string_view text) {
  if (!text.starts_with('[')) return std::string(text);
  const std::size_t close = text.find(']');
  if (close == text.npos) return std::unexpected("there is no ']'");
  const std::string_view behind = text.substr(close + 1);
  if (!behind.empty() && !behind.starts_with('/')) return std::unexpected("only \"/LENGTH\" may follow the ']'");
  return std::string(text.substr(1, close - 1)).append(behind);
}

std::optional<std::size_t> prefix_length(std::string_view digits, std::size_t most) {
  const auto bits = to_number<std::size_t>(digits);
  return bits && *bits <= most ? bits : std::nullopt;
}

/// Postfix allows white space after each '!'.
bool take_negation(std::string_view& rest) {
  bool is_negated = false;
  while (!rest.empty() && (rest.front() == '!' || is_space(rest.front()))) {
    if (rest.front() == '!') is_negated = !is_negated;
    rest.remove_prefix(1);
  }
  return is_negated;
}

}  // namespace

std::expected<Network, std::string> Network::parse(std::string_view text) {
  const auto bare = without_brackets(text);
  if (!bare) return std::unexpected(bare.error());
  const std::size_t slash = bare->find('/');
  const auto address = IpAddress::parse(std::string_view(*bare).substr(0, slash));
  if (!address) return std::unexpected(excerpt(text) + " is not an address or network");
  const std::size_t most = address->bytes().size() * bits_of_byte;
  const auto bits = slash == bare->npos ? most : prefix_length(std::string_view(*bare).substr(slash + 1), most);
  if (!bits) return std::unexpected(excerpt(text) + " has no valid length after the '/'");
  for (std::size_t index = 0; index < address->bytes().size(); ++index) {
    if ((address->bytes()[index] & ~mask_of(bits_for_byte(*bits, index)) & 0xff) != 0) {
      return std::unexpected(excerpt(text) + " has host bits that are not 0");
    }
  }
  return Network(*address, *bits);
}

bool Network::contains(const IpAddress& address) const {
  if (!has_family_of(address)) return false;
  for (std::size_t index = 0; index * bits_of_byte < bits_; ++index) {
    if ((address.bytes()[index] & mask_of(bits_for_byte(bits_, index))) != address_.bytes()[index]) return false;
  }
  return true;
}

std::expected<CidrLine, std::string> parse_cidr_line(std::string_view line) {
  line = trimmed(line.substr(0, line.find('\0')));  // where Postfix's C string ends
  if (begins_with_word(line, "endif")) {
    if (line.size() > std::string_view("endif").size()) return std::unexpected("nothing may follow endif");
    return CidrLine{};
  }
  const bool is_if = begins_with_word(line, "if");
  if (is_if) line.remove_prefix(2);
  const bool is_negated = take_negation(line);
  if (line.empty()) return std::unexpected("there is no address or network");
  const auto end = is_if ? line.end() : std::ranges::find_if(line, is_space);
  const std::string_view network(line.begin(), end);
  const std::string_view value = trimmed(line.substr(network.size()));
  if (!is_if && value.empty()) return std::unexpected("there is no value");
  auto parsed = Network::parse(network);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  const auto kind = is_if ? CidrLine::Kind::begin_if : CidrLine::Kind::match;
  return CidrLine{kind, NetworkPattern{*parsed, is_negated}, std::string(value),
                  std::string(is_negated ? "!" : "").append(network)};
}

}  // namespace shorthop
