def test_home_opens(viewer):
    response = viewer.get("/")
    assert response.status_code == 200
