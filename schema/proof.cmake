# Evidence: hashing, proofs, signed notes. No SQLite and no files, so that whoever verifies needs nothing else.
add_library(valhalla_proof STATIC
  base64.cpp
  checkpoint.cpp
  merkle_proof.cpp
  merkle_tree.cpp
  signed_note.cpp)
target_link_libraries(valhalla_proof PUBLIC valhalla_flags PRIVATE OpenSSL::Crypto fmt::fmt)
