package simulator

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
)

// Limits of an imported archive: a small file can unpack to a large one.
const (
	maxMapFiles    = 64
	maxMapFile     = 16 << 20
	maxMapBytes    = 32 << 20
	maxMapFeatures = 20_000
)

// geoFeature is what is read of a GeoJSON feature of the Indoor Mapping Data Format.
type geoFeature struct {
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Kind       string          `json:"feature_type"`
	Geometry   json.RawMessage `json:"geometry"`
	Properties json.RawMessage `json:"properties"`
}

// ingestMapFile imports an archive of the Indoor Mapping Data Format and puts it
// in the place of the building's map. A dry run only checks.
func (c *call) ingestMapFile() answer {
	if p := c.options(); p != nil {
		return c.refuse(p)
	}
	r := c.t.places.find(c.segments[1])
	if r == nil || r.kind != buildingPlace || !strings.EqualFold(r.placeID, c.segments[1]) {
		return c.placeNotFound()
	}
	var body struct {
		File          *string `json:"file"`
		ImportSetting *struct {
			IsDryRun bool `json:"isDryRun"`
		} `json:"importSetting"`
	}
	if p := c.parameters(&body); p != nil {
		return c.refuse(p)
	}
	if body.File == nil {
		return c.fail(http.StatusBadRequest, "BadRequest", "The body must have a file.")
	}
	raw, err := base64.StdEncoding.DecodeString(*body.File)
	if err != nil {
		return c.fail(http.StatusBadRequest, "BadRequest", "The file is not in base64.")
	}
	m, err := readIndoorMap(raw, r.placeID, func(placeID string) bool { return c.t.places.truthOf(placeID) != nil })
	if err != nil {
		return c.fail(http.StatusBadRequest, "BadRequest", "The file is no map archive: "+err.Error()+".")
	}
	if body.ImportSetting == nil || !body.ImportSetting.IsDryRun {
		c.t.maps.put(r.placeID, m)
		c.entry.Effect = "imported map"
	}
	return answer{status: http.StatusNoContent}
}

// readIndoorMap reads the archive's feature collections. building, footprint,
// level and unit are required, section and fixture are not.
func readIndoorMap(raw []byte, building string, known func(string) bool) (*indoorMap, error) {
	files, err := mapFiles(raw)
	if err != nil {
		return nil, err
	}
	lists := map[string][]geoFeature{}
	total := 0
	for _, name := range []string{"building", "footprint", "level", "unit", "section", "fixture"} {
		content, ok := files[name]
		if !ok {
			if name == "section" || name == "fixture" {
				continue
			}
			return nil, fmt.Errorf("%s.geojson is missing", name)
		}
		if lists[name], err = geoFeatures(name, content); err != nil {
			return nil, err
		}
		if total += len(lists[name]); total > maxMapFeatures {
			return nil, fmt.Errorf("there are more than %d features", maxMapFeatures)
		}
	}
	if len(lists["building"]) != 1 || len(lists["level"]) == 0 {
		return nil, errors.New("one building and at least one level are needed")
	}
	place := func(f geoFeature) mapFeature {
		var p struct {
			PlaceID string `json:"placeId"`
		}
		if json.Unmarshal(f.Properties, &p) != nil || !known(p.PlaceID) {
			p.PlaceID = ""
		}
		return mapFeature{f.ID, p.PlaceID, string(f.Properties)}
	}
	m := &indoorMap{mapFeature: place(lists["building"][0])}
	m.placeID = building
	for _, f := range lists["footprint"] {
		m.footprints = append(m.footprints, place(f))
	}
	at := map[string]int{}
	for i, f := range lists["level"] {
		m.levels = append(m.levels, mapLevel{mapFeature: place(f)})
		at[strings.ToLower(f.ID)] = i
	}
	for _, name := range []string{"unit", "section", "fixture"} {
		for _, f := range lists[name] {
			var p struct {
				LevelID string `json:"level_id"`
			}
			err := json.Unmarshal(f.Properties, &p)
			i, ok := at[strings.ToLower(p.LevelID)]
			if err != nil || !ok {
				return nil, fmt.Errorf("%s %s is on no level of the archive", name, f.ID)
			}
			l := &m.levels[i]
			switch name {
			case "unit":
				l.units = append(l.units, place(f))
			case "section":
				l.sections = append(l.sections, place(f))
			default:
				l.fixtures = append(l.fixtures, place(f))
			}
		}
	}
	return m, nil
}

// mapFiles unpacks the archive in memory, by the name without folder and ending.
func mapFiles(raw []byte) (map[string][]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, errors.New("it is no zip file")
	}
	if len(z.File) > maxMapFiles {
		return nil, fmt.Errorf("it has more than %d files", maxMapFiles)
	}
	files, total := map[string][]byte{}, 0
	for _, f := range z.File {
		name, isMap := strings.CutSuffix(strings.ToLower(path.Base(f.Name)), ".geojson")
		if !isMap || f.FileInfo().IsDir() {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("%s cannot be opened", name)
		}
		content, err := io.ReadAll(io.LimitReader(r, maxMapFile+1))
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, fmt.Errorf("%s cannot be unpacked", name)
		}
		if total += len(content); len(content) > maxMapFile || total > maxMapBytes {
			return nil, errors.New("it unpacks to too much")
		}
		files[name] = content
	}
	return files, nil
}

func geoFeatures(name string, content []byte) ([]geoFeature, error) {
	var collection struct {
		Type     string       `json:"type"`
		Features []geoFeature `json:"features"`
	}
	if err := json.Unmarshal(content, &collection); err != nil || collection.Type != "FeatureCollection" {
		return nil, fmt.Errorf("%s.geojson is no feature collection", name)
	}
	for i, f := range collection.Features {
		if f.ID == "" || f.Type != "Feature" || (f.Kind != "" && f.Kind != name) || len(f.Properties) == 0 || f.Properties[0] != '{' {
			return nil, fmt.Errorf("feature %d of %s.geojson lacks its id, type or properties", i, name)
		}
	}
	return collection.Features, nil
}
