#include "sandbox/lua_state.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <unistd.h>

namespace sandbox {
namespace {

// A script that goes on at its limit is ended: after so many errors that it caught, or after so many collections with
// next to nothing gained between them.
constexpr int k_most_failures = 200;
constexpr int k_most_refusals = 100;
constexpr std::uint64_t k_gain = 64;  // part of the limit that counts as a gain

// Bytes that malloc takes for a block: it has a header, and small ones are rounded up.
constexpr std::size_t footprint(std::size_t size) noexcept {
  return std::max<std::size_t>(32, (size + 8 + 15) & ~std::size_t{15});
}

int panic(lua_State*) {
  ::_exit(k_exit_out_of_memory);
}

}  // namespace

LuaState::LuaState(std::uint64_t limit) : limit_(limit), lua_(lua_newstate(&LuaState::allocate, this)) {
  if (lua_ == nullptr) ::_exit(k_exit_out_of_memory);
  lua_atpanic(lua_, panic);
}

// malloc's blocks of one class are of one size, as its footprint says: 24, 40, 56 … bytes.
void* LuaState::give(std::size_t size) noexcept {
  const std::size_t number = class_of(size);
  if (number >= k_classes) return std::malloc(size);
  Spares& spares = spares_[number];
  if (spares.first == nullptr) return std::malloc(size);
  Spare* block = spares.first;
  spares.first = block->next;
  --spares.count;
  return block;
}

void LuaState::take_back(void* block, std::size_t size) noexcept {
  const std::size_t number = class_of(size);
  if (block == nullptr || number >= k_classes || spares_[number].count >= k_most_spares) return std::free(block);
  Spares& spares = spares_[number];
  spares.first = new (block) Spare{spares.first};
  ++spares.count;
}

void* LuaState::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) noexcept {
  auto& state = *static_cast<LuaState*>(self);
  const std::size_t held = block != nullptr ? footprint(old_size) : 0;  // for a new block old_size is its type
  if (new_size == 0) {
    state.take_back(block, old_size);
    state.used_ -= held;
    return nullptr;
  }
  const std::size_t wanted = footprint(new_size);
  if (wanted > held && (new_size > state.limit_ || state.used_ - held + wanted > state.limit_)) {
    if (state.must_end()) ::_exit(k_exit_out_of_memory);
    return nullptr;
  }
  void* moved = block == nullptr ? state.give(new_size) : std::realloc(block, new_size);
  if (moved == nullptr) return nullptr;
  state.used_ = state.used_ - held + wanted;
  if (wanted > held) {
    state.gained_ += wanted - held;
    state.refused_ = false;
  }
  return moved;
}

// Lua asks twice: again after a full collection, and a second refusal is an error in the script.
bool LuaState::must_end() noexcept {
  if (gained_ > limit_ / k_gain) refusals_ = 0;
  gained_ = 0;
  if (refused_) ++failures_;
  refused_ = true;
  return ++refusals_ > k_most_refusals || failures_ > k_most_failures;
}

std::string_view text_at(lua_State* lua, int index) noexcept {
  if (lua_type(lua, index) != LUA_TSTRING) return {};
  std::size_t length = 0;
  const char* bytes = lua_tolstring(lua, index, &length);
  return {bytes, length};
}

void reserve(lua_State* lua, int slots) {
  if (lua_checkstack(lua, slots) == 0) throw ScriptError("the Lua stack is full");
}

}  // namespace sandbox
