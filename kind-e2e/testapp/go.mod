module groundmesh.dev/testapp

go 1.25.0
