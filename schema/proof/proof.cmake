# Evidence: hashing, proofs, signed notes. No SQLite and no files, so that whoever verifies needs nothing else.
add_library(valhalla_proof STATIC
  proof/anchor.cpp
  proof/base64.cpp
  proof/checkpoint.cpp
  proof/merkle_proof.cpp
  proof/merkle_tree.cpp
  proof/sha256_stream.cpp
  proof/signed_note.cpp
  proof/tile_path.cpp
  proof/tlog_proof.cpp)
# It uses an interface of OpenSSL that is deprecated, and says so before it includes OpenSSL's headers.
set_source_files_properties(proof/merkle_tree.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
target_link_libraries(valhalla_proof PUBLIC valhalla_flags PRIVATE OpenSSL::Crypto fmt::fmt)
