// The values of parameters in the services of master.cf: main.cf's, or their own where "-o" changes them. No I/O.
#pragma once

#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "postfix/master_services.h"
#include "postfix/parameters.h"

namespace shorthop {

using Services = std::vector<const MasterService*>;

class ServiceValues {
 public:
  /// `main_cf` must outlive the object.
  explicit ServiceValues(const Parameters& main_cf) : main_cf_(main_cf) {}

  /// As written; nullopt: neither the service nor main.cf sets it.
  std::optional<std::string> written(const MasterService& service, std::string_view parameter) const;
  std::string value_of(const MasterService& service, std::string_view parameter) const;
  /// The value, expanded and trimmed; the error is the part that cannot be expanded.
  std::expected<std::string, std::string> expanded(const MasterService& service, std::string_view parameter) const;
  /// The value as Postfix expands it, not trimmed: a name that is not defined counts as empty.
  std::string expanded_or_empty(const MasterService& service, std::string_view parameter) const;

  /// The value that a service has instead of main.cf's, because it overrides the parameter, or a parameter that the
  /// value refers to; as written if it cannot be expanded. nullopt: main.cf's value applies.
  std::optional<std::string> own_value(const MasterService& service, std::string_view parameter) const;

  /// The parameters in main.cf and in the overrides of these services that the program reads.
  std::set<std::string> parameters_read(const Services& services, std::string_view program) const;
  /// Whether only this program reads the parameter. The restriction classes are parameters of smtpd(8).
  bool is_read_by(const Services& services, std::string_view program, std::string_view parameter) const;

  /// Whether another parameter that shorthop follows refers to this one. Another program may read that parameter, and
  /// the override does not apply to that program.
  bool is_referred_to(std::string_view parameter) const;

  /// Whether the overrides of these cleanup(8) services empty every parameter that maps or copies an address. The
  /// pre-cleanup of amavis' README.postfix does so. If main.cf sets none of them, there is nothing to empty.
  bool have_emptied_maps(const Services& cleanups) const;

  /// Whether each parameter that the program reads has one value in all of these services.
  bool are_alike(const Services& services, std::string_view program) const;

 private:
  /// Whether the program is one of those that share the parameter, and decides about recipients with it.
  bool is_shared_by(const Services& services, std::string_view program, std::string_view parameter) const;

  const Parameters& main_cf_;
};

}  // namespace shorthop
