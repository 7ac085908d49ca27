#include "tool/mirror/tar_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>
#include <utility>

namespace shorthop::tool {
namespace {

/// A field of a header: its place and size.
struct Field {
  std::size_t at;
  std::size_t size;

  std::string_view in(std::string_view header) const { return header.substr(at, size); }
};
constexpr Field prefix{345, 155};
constexpr Field texts[] = {{0, 100}, {265, 32}, {297, 32}, prefix};  // names of the member, its owner and group
constexpr Field file_size{124, 12};
constexpr Field numbers[] = {{100, 8}, {108, 8}, {116, 8}, {136, 12}};  // mode, owner, group, time
constexpr Field checksum{148, 8};
constexpr Field link_name{157, 100};
constexpr Field magic{257, 8};
constexpr Field device_numbers[] = {{329, 8}, {337, 8}};
constexpr Field unused{500, 12};
constexpr char no_byte = '\0';
constexpr std::size_t type_at = 156;
constexpr std::uint64_t max_name_data = 64 * 1024;  // of a member that holds the name of the next one

bool is_zero(std::string_view bytes) { return bytes.find_first_not_of(no_byte) == bytes.npos; }

/// Octal digits, then only blanks or NUL.
std::optional<std::uint64_t> octal_in(std::string_view field) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number, 8);
  const std::string_view rest(end, field.data() + field.size());
  const bool is_number = error == std::errc() && rest.find_first_not_of(std::string_view(" \0", 2)) == rest.npos;
  return is_number ? std::optional(number) : std::nullopt;
}

/// The sum of all bytes, with the bytes of the checksum counted as blanks. The checksum must be written as six digits,
/// NUL and a blank, so that a change of any bit is noticed.
bool has_right_checksum(std::string_view header) {
  const auto add = [](unsigned sum, char byte) { return sum + static_cast<unsigned char>(byte); };
  unsigned sum = std::accumulate(header.begin(), header.end(), 0U, add);
  for (const char byte : checksum.in(header)) sum -= static_cast<unsigned char>(byte);
  sum += checksum.size * static_cast<unsigned>(' ');
  std::string written = fmt::format("{:06o}", sum);
  written.append({no_byte, ' '});
  return checksum.in(header) == written;
}

/// "ustar" with the version of POSIX, or with the version of GNU tar, which has no prefix of the name.
bool has_magic(std::string_view header) {
  return magic.in(header) == std::string_view("ustar\00000", 8) ||
         (magic.in(header) == std::string_view("ustar  \0", 8) && is_zero(prefix.in(header)));
}

/// An octal number, nothing, or a number in base 256, which tar(5) uses for large numbers and times before 1970.
bool is_number(std::string_view field) {
  const bool is_base_256 = (static_cast<unsigned char>(field.front()) & 0x80U) != 0;
  return is_zero(field) || is_base_256 || octal_in(field).has_value();
}

bool is_text(std::string_view field) { return is_zero(field.substr(std::min(field.find(no_byte), field.size()))); }

/// pax, "pax Extended Header": "LENGTH KEYWORD=VALUE\n", where LENGTH is the length of the whole record.
bool has_pax_records(std::string_view text) {
  while (!text.empty()) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    const std::string_view record = text.substr(0, length);
    const bool is_record = error == std::errc() && length <= text.size() && record.ends_with('\n') &&
                           end < record.data() + record.size() && *end == ' ' && record.contains('=');
    if (!is_record) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// The checksum does not change if two bytes are exchanged, so each field is checked for its form, and fields that no
/// member of a bundle uses must be empty.
bool has_odd_field(std::string_view header) {
  const auto is_set = [&](const Field& field) {
    return !is_zero(field.in(header)) && octal_in(field.in(header)).value_or(1) != 0;
  };
  return !has_magic(header) || !is_zero(link_name.in(header)) || !is_zero(unused.in(header)) ||
         std::ranges::any_of(device_numbers, is_set) ||
         !std::ranges::all_of(numbers, [&](const Field& field) { return is_number(field.in(header)); }) ||
         !std::ranges::all_of(texts, [&](const Field& field) { return is_text(field.in(header)); });
}

/// Why a member of this type is refused; empty: it is accepted. 'L' and 'x' hold the name of the next member.
std::string_view refusal_of_type(char type) {
  switch (type) {
    case no_byte:
    case '0':
    case '5':
    case 'L':
    case 'x': return {};
    case '1': return "it has a hard link";
    case '2': return "it has a symbolic link";
    case '3':
    case '4': return "it has a device";
    case '6': return "it has a named pipe";
    case 'S': return "it has a sparse file";
    default: return "it has a member that is neither a file nor a directory";
  }
}

}  // namespace

bool TarLayout::refuse(std::string why) {
  if (fault_.empty()) fault_ = std::move(why);
  return false;
}

bool TarLayout::add(std::string_view block) {
  if (!fault_.empty()) return false;
  bytes_ += block.size();
  if (bytes_ > limits_.bytes) return refuse(fmt::format("it is larger than {} bytes", limits_.bytes));
  if (block.size() != block_size) return refuse("it is truncated: its last block is incomplete");
  if (end_blocks_ == 0 && data_left_ > 0) return read_data(block);
  if (is_zero(block)) {
    if (name_type_ != no_byte) return refuse("a name is not followed by its member");
    return ++end_blocks_ <= limits_.end_blocks || refuse("too many zeros follow its end");
  }
  return end_blocks_ > 0 ? refuse("there is data after its end") : read_header(block);
}

bool TarLayout::read_header(std::string_view header) {
  if (!magic.in(header).starts_with("ustar")) {
    return refuse(bytes_ == block_size ? "it is not an uncompressed tar" : "the header of a member is damaged");
  }
  if (!has_right_checksum(header)) return refuse("the header of a member is damaged");
  const char type = header[type_at];
  if (const std::string_view why = refusal_of_type(type); !why.empty()) return refuse(std::string(why));
  if (++members_ > limits_.members) return refuse(fmt::format("it has more than {} members", limits_.members));
  const auto size = octal_in(file_size.in(header));
  if (!size || *size > limits_.file) return refuse(fmt::format("a file is larger than {} bytes", limits_.file));
  if (has_odd_field(header)) return refuse("the header of a member is damaged");
  if (type == '5' && *size > 0) return refuse("a directory has contents");
  if ((type == 'L' || type == 'x') && *size > max_name_data) return refuse("a name is too long");
  data_left_ = *size;
  const bool is_name = type == 'L' || type == 'x';
  if (is_name && name_type_ == type) return refuse("a member has two names");
  name_type_ = is_name ? type : no_byte;
  return true;
}

bool TarLayout::read_data(std::string_view block) {
  const auto used = static_cast<std::size_t>(std::min<std::uint64_t>(data_left_, block_size));
  data_left_ -= used;
  if (!is_zero(block.substr(used))) return refuse("the padding of a file is damaged");
  if (name_type_ != 'x') return true;
  pax_.append(block.substr(0, used));
  if (data_left_ > 0) return true;
  return has_pax_records(std::exchange(pax_, {})) || refuse("the header of a member is damaged");
}

bool TarLayout::finish() {
  if (!fault_.empty()) return false;
  if (bytes_ == 0) return refuse("it is empty");
  // Two blocks of zeros end a tar; without them it may have been truncated between two members.
  return end_blocks_ >= 2 || refuse("it is truncated: its end mark is missing");
}

}  // namespace shorthop::tool
