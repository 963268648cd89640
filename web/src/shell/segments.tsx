import './segments.css';

interface SegmentsProps<T extends string> {
  readonly legend: string;
  readonly names: Readonly<Record<T, string>>;
  readonly order: readonly T[];
  readonly chosen: T;
  readonly onChoose: (value: T) => void;
}

/** Radio buttons that look like one switch: arrow keys work because they are radio buttons. */
export function Segments<T extends string>({ legend, names, order, chosen, onChoose }: SegmentsProps<T>) {
  const group = legend.toLowerCase();
  return (
    <fieldset class="segments">
      <legend>{legend}</legend>
      <div class="segments-row">
        {order.map(value => (
          <label key={value}>
            <input
              type="radio"
              name={group}
              value={value}
              checked={value === chosen}
              onChange={() => onChoose(value)}
            />
            <span>{names[value]}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
