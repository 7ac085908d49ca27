// Which program of Postfix reads a parameter that decides about recipients, as rows. No I/O.
// Source: postconf(5), and the manual page of each program.
#pragma once

#include <span>
#include <string_view>

namespace shorthop {

/// Whether this program ("smtpd", "cleanup" …) reads the parameter, and no other does.
bool is_read_alone_by(std::string_view program, std::string_view parameter);

/// Whether several programs read the parameter, so that it must have the same value for all of them.
bool is_shared_parameter(std::string_view parameter);

/// Whether smtp(8) is one of the programs that share the parameter even if smtp_generic_maps is not set.
bool is_always_shared_by_smtp(std::string_view parameter);

/// Whether the rows say who reads the parameter: one of the functions above is true for it.
bool is_followed_parameter(std::string_view parameter);

/// postconf(5): a default that refers to another parameter.
struct DefaultReference {
  std::string_view parameter;
  std::string_view to;
};
std::span<const DefaultReference> default_references();

}  // namespace shorthop
