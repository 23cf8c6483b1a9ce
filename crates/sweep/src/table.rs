//! Rows as Parquet.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::column::reader::ColumnReader;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{ChunkReader, FileReader as _};
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{PrimitiveTypeBuilder, Type, TypePtr};

use crate::figures::Figure;
use crate::sweep::Cell;

/// Rows of a row group: what is held in memory.
const ROWS: usize = 65_536;

/// One figure of one cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What ran.
    pub cell: Cell,
    /// What was seen.
    pub figure: Figure,
}

/// What a table says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Name of the sweep.
    pub sweep: String,
    /// Fingerprint of the sweep.
    pub fingerprint: String,
    /// Cells of the whole grid.
    pub cells: u64,
    /// The first cell in this table.
    pub first: u64,
    /// The cell after its last one.
    pub end: u64,
}

const KEYS: [&str; 5] = ["sweep", "fingerprint", "cells", "first", "end"];

impl Head {
    fn to_pairs(&self) -> Vec<KeyValue> {
        let values = [
            self.sweep.clone(),
            self.fingerprint.clone(),
            self.cells.to_string(),
            self.first.to_string(),
            self.end.to_string(),
        ];
        let pair = |(key, value): (&str, String)| KeyValue::new(format!("tenfold.{key}"), value);
        KEYS.into_iter().zip(values).map(pair).collect()
    }

    fn from_pairs(pairs: &[KeyValue]) -> Option<Self> {
        let find = |key: &str| {
            let pair = pairs.iter().find(|pair| pair.key.strip_prefix("tenfold.") == Some(key))?;
            pair.value.clone()
        };
        let number = |key: &str| find(key)?.parse().ok();
        Some(Self {
            sweep: find("sweep")?,
            fingerprint: find("fingerprint")?,
            cells: number("cells")?,
            first: number("first")?,
            end: number("end")?,
        })
    }
}

/// Writes rows in the order in which they come. The same rows make the same bytes.
pub struct TableWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    rows: Vec<Row>,
}

impl<W: Write + Send> core::fmt::Debug for TableWriter<W> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("TableWriter").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

impl<W: Write + Send> TableWriter<W> {
    /// Begins a table.
    ///
    /// # Errors
    /// Returns the sink's.
    pub fn new(sink: W, head: &Head) -> Result<Self, String> {
        // No compression: the codecs are C, or bring much code; the dictionaries of the names do most.
        let properties = WriterProperties::builder()
            .set_created_by("tenfold".to_owned())
            .set_compression(Compression::UNCOMPRESSED)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_key_value_metadata(Some(head.to_pairs()))
            .build();
        let file = SerializedFileWriter::new(sink, schema()?, Arc::new(properties));
        Ok(Self { file: file.map_err(text)?, rows: Vec::new() })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Returns the sink's.
    pub fn push(&mut self, row: Row) -> Result<(), String> {
        self.rows.push(row);
        if self.rows.len() == ROWS { self.flush() } else { Ok(()) }
    }

    /// Ends the table and returns its sink.
    ///
    /// # Errors
    /// Returns the sink's.
    pub fn finish(mut self) -> Result<W, String> {
        if !self.rows.is_empty() {
            self.flush()?;
        }
        self.file.into_inner().map_err(text)
    }

    fn flush(&mut self) -> Result<(), String> {
        let rows = core::mem::take(&mut self.rows);
        let mut group = self.file.next_row_group().map_err(text)?;
        let group_mut = &mut group;
        let number = |pick: fn(&Row) -> u64| rows.iter().map(|row| pick(row) as i64).collect();
        let word = |pick: fn(&Row) -> &str| -> Vec<ByteArray> {
            rows.iter().map(|row| ByteArray::from(pick(row))).collect()
        };
        let real = |pick: fn(&Row) -> f64| rows.iter().map(pick).collect();
        column::<Int64Type, W>(group_mut, number(|row| row.cell.index), None)?;
        column::<ByteArrayType, W>(group_mut, word(|row| &row.cell.model), None)?;
        column::<DoubleType, W>(group_mut, real(|row| row.cell.load), None)?;
        column::<ByteArrayType, W>(group_mut, word(|row| &row.cell.scenario), None)?;
        column::<Int64Type, W>(group_mut, number(|row| row.cell.seed), None)?;
        column::<ByteArrayType, W>(group_mut, word(|row| &row.figure.kind), None)?;
        column::<ByteArrayType, W>(group_mut, word(|row| &row.figure.name), None)?;
        column::<ByteArrayType, W>(group_mut, word(|row| &row.figure.figure), None)?;
        column::<DoubleType, W>(group_mut, real(|row| row.figure.value), None)?;
        for pick in [|row: &Row| row.figure.low, |row: &Row| row.figure.high] {
            let levels: Vec<i16> = rows.iter().map(|row| i16::from(pick(row).is_some())).collect();
            let values = rows.iter().filter_map(pick).collect();
            column::<DoubleType, W>(group_mut, values, Some(&levels))?;
        }
        group.close().map(|_| ()).map_err(text)
    }
}

fn column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: Vec<T::T>,
    present: Option<&[i16]>,
) -> Result<(), String> {
    let mut column =
        group.next_column().map_err(text)?.ok_or_else(|| "a column too many".to_owned())?;
    column.typed::<T>().write_batch(&values, present, None).map_err(text)?;
    column.close().map_err(text)
}

fn schema() -> Result<TypePtr, String> {
    fn required(name: &str, physical: Physical) -> PrimitiveTypeBuilder<'_> {
        Type::primitive_type_builder(name, physical).with_repetition(Repetition::REQUIRED)
    }
    let words = |name: &str| {
        required(name, Physical::BYTE_ARRAY).with_logical_type(Some(LogicalType::String)).build()
    };
    let whole = |name: &str| {
        required(name, Physical::INT64).with_converted_type(ConvertedType::UINT_64).build()
    };
    let real = |name: &str| required(name, Physical::DOUBLE).build();
    let maybe = |name: &str| {
        Type::primitive_type_builder(name, Physical::DOUBLE)
            .with_repetition(Repetition::OPTIONAL)
            .build()
    };
    let fields = [
        whole("cell"),
        words("model"),
        real("load"),
        words("scenario"),
        whole("seed"),
        words("kind"),
        words("name"),
        words("figure"),
        real("value"),
        maybe("low"),
        maybe("high"),
    ];
    let fields: Result<Vec<TypePtr>, ParquetError> =
        fields.into_iter().map(|field| field.map(Arc::new)).collect();
    let group = Type::group_type_builder("sweep").with_fields(fields.map_err(text)?).build();
    group.map(Arc::new).map_err(text)
}

/// Reads a table that [`TableWriter`] wrote.
pub struct TableReader<R: ChunkReader + 'static> {
    file: SerializedFileReader<R>,
    /// What the table says about itself.
    pub head: Head,
}

impl<R: ChunkReader + 'static> core::fmt::Debug for TableReader<R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("TableReader").field("head", &self.head).finish_non_exhaustive()
    }
}

impl<R: ChunkReader + 'static> TableReader<R> {
    /// Opens a table.
    ///
    /// # Errors
    /// Says why it is none.
    pub fn new(source: R) -> Result<Self, String> {
        let file = SerializedFileReader::new(source).map_err(text)?;
        let pairs = file.metadata().file_metadata().key_value_metadata();
        let head = pairs.and_then(|pairs| Head::from_pairs(pairs));
        let head = head.ok_or_else(|| "not the table of a sweep".to_owned())?;
        Ok(Self { file, head })
    }

    /// Hands over every row in order.
    ///
    /// # Errors
    /// Returns what cannot be read, or what `take` returns.
    pub fn each(&self, mut take: impl FnMut(Row) -> Result<(), String>) -> Result<(), String> {
        for index in 0..self.file.num_row_groups() {
            for row in self.group(index)? {
                take(row)?;
            }
        }
        Ok(())
    }

    fn group(&self, index: usize) -> Result<Vec<Row>, String> {
        let group = self.file.get_row_group(index).map_err(text)?;
        let count = group.metadata().num_rows() as usize;
        let column = |index: usize| group.get_column_reader(index).map_err(text);
        let (cells, seeds) = (whole(column(0)?, count)?, whole(column(4)?, count)?);
        let mut words = Vec::new();
        for index in [1, 3, 5, 6, 7] {
            words.push(strings(column(index)?, count)?.into_iter());
        }
        let [loads, values] = [2, 8].map(|index| reals(column(index)?, count));
        let [lows, highs] = [9, 10].map(|index| reals(column(index)?, count));
        let (loads, values, lows, highs) = (loads?, values?, lows?, highs?);
        let mut word =
            |index: usize| words[index].next().ok_or_else(|| "a name is missing".to_owned());
        let required = |value: Option<f64>| value.ok_or_else(|| "a value is missing".to_owned());
        (0..count)
            .map(|row| {
                let cell = Cell {
                    index: cells[row],
                    model: word(0)?,
                    load: required(loads[row])?,
                    scenario: word(1)?,
                    seed: seeds[row],
                };
                let figure = Figure {
                    kind: word(2)?,
                    name: word(3)?,
                    figure: word(4)?,
                    value: required(values[row])?,
                    low: lows[row],
                    high: highs[row],
                };
                Ok(Row { cell, figure })
            })
            .collect()
    }
}

fn whole(column: ColumnReader, count: usize) -> Result<Vec<u64>, String> {
    let ColumnReader::Int64ColumnReader(mut reader) = column else { return Err(other_columns()) };
    let mut values = Vec::with_capacity(count);
    reader.read_records(count, None, None, &mut values).map_err(text)?;
    expect(count, values.len())?;
    Ok(values.into_iter().map(|value| value as u64).collect())
}

fn strings(column: ColumnReader, count: usize) -> Result<Vec<String>, String> {
    let ColumnReader::ByteArrayColumnReader(mut reader) = column else {
        return Err(other_columns());
    };
    let mut values = Vec::with_capacity(count);
    reader.read_records(count, None, None, &mut values).map_err(text)?;
    expect(count, values.len())?;
    values.iter().map(|value| value.as_utf8().map(str::to_owned).map_err(text)).collect()
}

fn reals(column: ColumnReader, count: usize) -> Result<Vec<Option<f64>>, String> {
    let ColumnReader::DoubleColumnReader(mut reader) = column else { return Err(other_columns()) };
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    let (records, ..) =
        reader.read_records(count, Some(&mut levels), None, &mut values).map_err(text)?;
    expect(count, records)?;
    // A required column has no levels.
    if levels.is_empty() {
        return Ok(values.into_iter().map(Some).collect());
    }
    let mut values = values.into_iter();
    Ok(levels.iter().map(|level| if *level == 1 { values.next() } else { None }).collect())
}

fn expect(count: usize, seen: usize) -> Result<(), String> {
    if count == seen { Ok(()) } else { Err(format!("{seen} of {count} values in a column")) }
}

fn other_columns() -> String {
    "its columns are not those of a sweep".to_owned()
}

fn text(error: ParquetError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn row(index: u64) -> Row {
        let cell = Cell {
            index,
            model: format!("m{}", index % 3),
            load: 0.1 * index as f64,
            scenario: String::new(),
            seed: u64::MAX - index,
        };
        let low = index.is_multiple_of(2).then_some(-1.5);
        let figure = Figure {
            kind: "arrivals".to_owned(),
            name: "ü".to_owned(),
            figure: "latency_seconds.p99".to_owned(),
            value: 1.0 / (index as f64 + 3.0),
            low,
            high: low.map(|low| -low),
        };
        Row { cell, figure }
    }

    fn head(first: u64, end: u64) -> Head {
        let (sweep, fingerprint) = ("x".to_owned(), "00ff".to_owned());
        Head { sweep, fingerprint, cells: 100_000, first, end }
    }

    fn table(head: &Head) -> Vec<u8> {
        let mut writer = TableWriter::new(Cursor::new(Vec::new()), head).unwrap();
        (head.first..head.end).for_each(|index| writer.push(row(index)).unwrap());
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn rows_and_back() {
        // More than a row group.
        let head = head(0, 70_000);
        let reader = TableReader::new(bytes::Bytes::from(table(&head))).unwrap();
        assert_eq!(reader.head, head);
        let mut next = 0;
        reader
            .each(|seen| {
                assert_eq!(seen, row(next));
                next += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(next, 70_000);
    }

    #[test]
    fn no_row_is_a_table_too() {
        let reader = TableReader::new(bytes::Bytes::from(table(&head(5, 5)))).unwrap();
        reader.each(|row| panic!("{row:?}")).unwrap();
        assert!(TableReader::new(bytes::Bytes::from_static(b"PAR1")).is_err());
    }
}
