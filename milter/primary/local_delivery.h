// What local(8) of the primary does with one recipient: alias_maps, :include: files, ~/.forward; aliases(5).
#pragma once

#include <functional>

#include "mail/address.h"
#include "primary/expansion_builder.h"
#include "primary/primary.h"

namespace shorthop {

/// Delivers one recipient whose domain is local to the primary. Ends on the primary become leaves; each address that
/// local(8) would send through cleanup(8) again is passed to `forward`.
void local_delivery(const Address& recipient, const Primary& primary, ExpansionBuilder& tree,
                    const std::function<void(const Address&)>& forward);

}  // namespace shorthop
