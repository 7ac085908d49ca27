#include "primary/forward_files.h"

#include <fmt/format.h>

#include <algorithm>

namespace shorthop {
namespace {

bool is_file_name(std::string_view name) {
  return !name.empty() && !name.starts_with('.') && !name.contains('/') && !name.contains('\0');
}

std::string path_for(std::string_view pattern, std::string_view name) {
  std::string path(pattern);
  const std::size_t place = path.find("%u");
  if (place != path.npos) path.replace(place, 2, name);
  return path;
}

/// postconf(5) forward_expansion_filter: characters that it does not list become '_'.
std::string filtered(std::string_view extension) {
  constexpr std::string_view allowed = "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string result(extension);
  std::ranges::replace_if(result, [&](char c) { return !allowed.contains(c); }, '_');
  return result;
}

std::expected<std::optional<std::string>, LookupFailure> read_if_there(const FileReader& reader,
                                                                       const std::string& path) {
  auto text = reader.read(path);
  if (text) return std::move(*text);
  if (text.error().kind == ReadFailure::Kind::missing) return std::nullopt;
  return std::unexpected(LookupFailure{fmt::format("{}: {}", path, text.error().what)});
}

}  // namespace

std::expected<std::optional<ForwardFile>, LookupFailure> find_forward_file(const ForwardFiles& files,
                                                                           const ForwardPath& searched,
                                                                           std::string_view user,
                                                                           std::string_view extension) {
  if (!is_file_name(user)) return std::nullopt;
  for (const bool with_extension : {true, false}) {
    if (!(with_extension ? searched.with_extension && !extension.empty() : searched.plain)) continue;
    // NAME+EXT is the copy of NAME's .forward+EXT, also where '+' is no delimiter (any more) and nobody reads that.
    if (!with_extension && user.contains('+')) continue;
    const std::string name = with_extension ? std::string(user) + filtered(extension) : std::string(user);
    if (!is_file_name(name)) continue;
    std::string path = path_for(files.path_pattern, name);
    auto text = read_if_there(*files.reader, path);
    if (!text) return std::unexpected(std::move(text.error()));
    if (*text) return ForwardFile{std::move(path), std::move(**text), with_extension};
  }
  return std::nullopt;
}

std::expected<std::string, LookupFailure> read_include_file(const std::optional<IncludeFiles>& files,
                                                            std::string_view path) {
  if (!files) return std::unexpected(LookupFailure{"include-root is not set"});
  if (!path.starts_with('/')) return std::unexpected(LookupFailure{"the path is relative"});
  if (path.contains("/../") || path.ends_with("/..")) return std::unexpected(LookupFailure{"the path has a '..'"});
  const auto file = files->root / path.substr(1);
  auto text = files->reader->read(file);
  if (text) return std::move(*text);
  return std::unexpected(LookupFailure{fmt::format("{}: {}", file.string(), text.error().what)});
}

}  // namespace shorthop
