// The blocks of a tar: which members are taken, and that no byte is ignored. Source: POSIX.1-2017, pax.
#include "tool/mirror/tar_layout.h"

#include <fmt/format.h>

#include <numeric>
#include <string>
#include <vector>

#include "support/catch.h"

namespace shorthop::test {
namespace {

using tool::TarLayout;
using tool::TarLimits;

/// The block with its header checksum filled in.
std::string with_checksum(std::string block) {
  block.replace(148, 8, "        ");
  const auto sum = std::accumulate(block.begin(), block.end(), 0U,
                                   [](unsigned all, char c) { return all + static_cast<unsigned char>(c); });
  return block.replace(148, 7, fmt::format("{:06o}", sum).append(1, '\0'));
}

/// A header as tar programs write it.
std::string header(char type, std::size_t size) {
  std::string block(TarLayout::block_size, '\0');
  block.replace(0, 7, "files/x");
  block.replace(124, 11, fmt::format("{:011o}", size));
  block.replace(136, 11, "15064302403");
  block[156] = type;
  block.replace(257, 8, std::string_view("ustar\00000", 8));
  return with_checksum(std::move(block));
}

/// A header with these bytes at this place, and a correct checksum.
std::string header_with(std::size_t at, std::string_view bytes) {
  return with_checksum(header('0', 0).replace(at, bytes.size(), bytes));
}

std::string contents(std::size_t size) {
  std::string blocks(size, 'x');
  blocks.resize((size + 511) / 512 * 512);
  return blocks;
}

const std::string end_mark(1024, '\0');

std::string fault_of(const std::string& tar, const TarLimits& limits = {}) {
  TarLayout layout(limits);
  for (std::size_t at = 0; at < tar.size(); at += TarLayout::block_size) {
    if (!layout.add(std::string_view(tar).substr(at, TarLayout::block_size))) return layout.fault();
  }
  layout.finish();
  return layout.fault();
}

}  // namespace

TEST_CASE("a tar of files, directories and long names is whole", "[tool][tar]") {
  CHECK(fault_of(header('5', 0) + header('0', 700) + contents(700) + header('L', 3) + contents(3) + header('0', 0) +
                 end_mark) == "");
}

TEST_CASE("a member that holds a name gives this name to the next member, as pax says", "[tool][tar]") {
  const auto pax = [](std::string text) {
    const std::string start = header('x', text.size());
    text.resize(512);
    return start + text;
  };
  const std::string long_name = header('L', 3) + contents(3);
  CHECK(fault_of(pax("6 a=b\n7 c=dd\n") + header('0', 0) + end_mark) == "");
  for (const char* text : {"zz", "6 a=b", "7 a=b\n", "5 a=b\n", "6a =b\n", "5 ab\n", "0 a=b\n", "6 a=b\nx"}) {
    CAPTURE(text);
    CHECK(fault_of(pax(text) + header('0', 0) + end_mark) == "the header of a member is damaged");
  }
  CHECK(fault_of(long_name + long_name + header('0', 0) + end_mark) == "a member has two names");
  CHECK(fault_of(long_name + pax("6 a=b\n") + header('0', 0) + end_mark) == "");
  CHECK(fault_of(header('0', 0) + long_name + end_mark) == "a name is not followed by its member");
}

TEST_CASE("links, devices, pipes and sparse files are refused by their type", "[tool][tar]") {
  CHECK(fault_of(header('1', 0) + end_mark) == "it has a hard link");
  CHECK(fault_of(header('2', 0) + end_mark) == "it has a symbolic link");
  CHECK(fault_of(header('3', 0) + end_mark) == "it has a device");
  CHECK(fault_of(header('6', 0) + end_mark) == "it has a named pipe");
  CHECK(fault_of(header('S', 0) + end_mark) == "it has a sparse file");
  CHECK(fault_of(header('g', 0) + end_mark) == "it has a member that is neither a file nor a directory");
}

TEST_CASE("a change of any single bit of a header or of padding is found", "[tool][tar]") {
  const std::string tar = header('0', 5) + contents(5) + end_mark;
  for (std::size_t at = 0; at < tar.size(); ++at) {
    if (at >= 512 && at < 517) continue;  // the contents, which have a hash
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string changed = tar;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ 1U << bit);
      CAPTURE(at, bit);
      REQUIRE_FALSE(fault_of(changed).empty());
    }
  }
}

TEST_CASE("a header with unexpected bytes in a field is damaged, even if its checksum is right", "[tool][tar]") {
  constexpr std::string_view damaged = "the header of a member is damaged";
  for (const auto& [at, bytes] : {std::pair<std::size_t, std::string_view>{157, "/etc/passwd"},
                                  {257, "ustar 00"},
                                  {263, "01"},
                                  {99, "0"},
                                  {100, "06440x"},
                                  {136, "1506430240x"},
                                  {270, "x"},
                                  {499, "x"},
                                  {329, "0000001"},
                                  {337, "1"},
                                  {511, "x"}}) {
    CAPTURE(at, bytes);
    CHECK(fault_of(header_with(at, bytes) + end_mark) == damaged);
  }
  CHECK(fault_of(header_with(136, std::string(12, '\0')) + end_mark) == "");
  CHECK(fault_of(header_with(136, std::string(12, '\xff')) + end_mark) == "");  // before 1970
  CHECK(fault_of(header_with(257, std::string_view("ustar  \0", 8)) + end_mark) == "");
  CHECK(fault_of(header_with(329, "0000000") + end_mark) == "");
  CHECK(fault_of(header_with(345, "files") + end_mark) == "");
  CHECK(fault_of(header_with(257, std::string("ustar  \0", 8) + std::string(80, '\0') + "files") + end_mark) ==
        damaged);
}

TEST_CASE("a tar that goes on with zeros for ever is refused before the limit of bytes", "[tool][tar]") {
  CHECK(fault_of(header('0', 0) + std::string(std::size_t{4096} * 512, '\0')) == "");
  CHECK(fault_of(header('0', 0) + std::string(std::size_t{4097} * 512, '\0')) == "too many zeros follow its end");
}

TEST_CASE("a tar that ends early, or goes on after its end, is refused", "[tool][tar]") {
  CHECK(fault_of("") == "it is empty");
  CHECK(fault_of(header('0', 5) + contents(5)) == "it is truncated: its end mark is missing");
  CHECK(fault_of(header('0', 5000) + contents(512)) == "it is truncated: its end mark is missing");
  CHECK(fault_of(header('0', 0) + end_mark + "x") == "it is truncated: its last block is incomplete");
  CHECK(fault_of(header('0', 0) + end_mark + header('0', 0)) == "there is data after its end");
  CHECK(fault_of(contents(512)) == "it is not an uncompressed tar");
}

TEST_CASE("the number of members and all sizes have limits", "[tool][tar]") {
  TarLimits limits;
  limits.members = 2;
  const std::string one = header('0', 0);
  CHECK(fault_of(one + one + end_mark, limits) == "");
  CHECK(fault_of(one + one + one + end_mark, limits) == "it has more than 2 members");
  limits.file = 10;
  CHECK(fault_of(header('0', 11) + end_mark, limits) == "a file is larger than 10 bytes");
  limits.bytes = 1024;
  CHECK(fault_of(one + end_mark, limits) == "it is larger than 1024 bytes");
}

}  // namespace shorthop::test
