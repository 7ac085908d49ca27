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

/// postconf(5) forward_expansion_filter: characters outside the filter become '_'.
std::string filtered(std::string_view extension) {
  std::string result(extension);
  std::ranges::replace_if(result, [](char c) { return !default_expansion_filter.contains(c); }, '_');
  return result;
}

}  // namespace

std::expected<std::optional<ForwardFile>, LookupFailure> find_forward_file(const ForwardFiles& files,
                                                                           const ForwardPath& searched,
                                                                           std::string_view user,
                                                                           std::string_view extension) {
  if (!is_file_name(user)) return std::nullopt;
  for (const bool with_extension : {true, false}) {
    if (!(with_extension ? searched.with_extension && !extension.empty() : searched.plain)) continue;
    // The file NAME+EXT is the copy of NAME's .forward+EXT. It is not the .forward of a user called "NAME+EXT".
    if (!with_extension && user.contains('+')) continue;
    const std::string name = with_extension ? std::string(user) + filtered(extension) : std::string(user);
    if (!is_file_name(name)) continue;
    std::string path = path_for(files.path_pattern, name);
    auto text = files.reader->read(path);
    if (text) return ForwardFile{std::move(path), std::move(*text), with_extension};
    switch (text.error().kind) {
      case ReadFailure::Kind::missing: continue;
      case ReadFailure::Kind::refused: return std::nullopt;  // local(8) tries no other file and delivers to the mailbox
      case ReadFailure::Kind::denied:
      case ReadFailure::Kind::unreadable:
        return std::unexpected(
            LookupFailure{fmt::format("{}: {}", path, text.error().what), FailureKind::not_mirrored});
    }
  }
  return std::nullopt;
}

std::expected<const IncludeFile*, std::string> find_include_file(const Primary& primary, const std::string& path) {
  if (primary.includes == nullptr) return std::unexpected("include-root is not set");
  const auto found = primary.includes->find(path);
  if (found == primary.includes->end()) return std::unexpected("it was not read when the tables were loaded");
  if (!found->second) return std::unexpected(found->second.error());
  return &*found->second;
}

}  // namespace shorthop
